/**
 * A guard for NestJS. The decorators are applied by hand, since Node.js runs TypeScript only as far as types can be left
 * out; in a project that is built write `@Controller()`, `@Get()` and `@UseGuards()` as usual. Run:
 * node --conditions=@signet-jwt/source examples/nest-guard.ts
 */
import 'reflect-metadata'
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  HttpException,
  Module,
  Req,
  UseGuards,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { type AccessClaims, type Claims, createSignet } from 'signet-jwt'
import { createGuard, refusal, refusalHeaders } from 'signet-jwt/http'

const signet = await createSignet({ issuer: 'https://api.example' })
const check = createGuard(signet, {})

interface Authorized {
  readonly headers: { readonly authorization?: string; readonly cookie?: string }
  readonly res: { set(headers: object): void }
  auth?: AccessClaims<Claims> | undefined
}

class AccessGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Authorized>()
    const { authorization, cookie } = request.headers
    try {
      request.auth = await check({ authorization, cookie })
      return true
    } catch (error) {
      // Throws what is no refusal: such a fault is Nest's to handle.
      const refused = refusal(error)
      request.res.set(refusalHeaders(refused))
      throw new HttpException(refused.body, refused.status)
    }
  }
}

class MeController {
  me({ auth }: Authorized) {
    return { id: auth?.sub, role: auth?.role }
  }
}
Controller()(MeController)
const method = Object.getOwnPropertyDescriptor(MeController.prototype, 'me') as PropertyDescriptor
Get('me')(MeController.prototype, 'me', method)
UseGuards(AccessGuard)(MeController.prototype, 'me', method)
Req()(MeController.prototype, 'me', 0)

class AppModule {}
Module({ controllers: [MeController], providers: [AccessGuard] })(AppModule)

const app = await NestFactory.create(AppModule, { logger: false })
await app.listen(0, '127.0.0.1')
const url = await app.getUrl()

const { accessToken } = await signet.issue({ subject: '42', claims: { role: 'editor' } })
const get = async (what: string, headers: Record<string, string>) => {
  const response = await fetch(`${url}/me`, { headers })
  console.log(`${what.padEnd(14)}${response.status} ${await response.text()}`)
}
await get('logged in', { authorization: `Bearer ${accessToken}` })
await get('no token', {})
await signet.revoke({ subject: '42' })
await get('logged out', { authorization: `Bearer ${accessToken}` })

await app.close()
await signet.close()
