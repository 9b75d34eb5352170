import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StoreUnavailableError } from 'signet-jwt'
import {
  type Handler,
  requireAccess,
  requireRole,
  requireScope,
  signetErrors,
} from 'signet-jwt/node'
import { COOKIE_SECRET, OTHER_AUDIENCE, type Start } from './app.ts'

export const startNode: Start = async (signet) => {
  const access = requireAccess(signet)
  const maybe = requireAccess(signet, { optional: true })
  const answer: Handler = (_request, response) => json(response, 200, {})
  const signed = { cookie: 'token', secret: ['newer', COOKIE_SECRET] }
  const routes: { readonly [route: string]: Handler } = {
    'OPTIONS /edit': access(
      requireRole('editor')((_request, response) => response.writeHead(204).end()),
    ),
    'GET /me': access((request, response) => {
      const { sub, role } = access.claims(request)
      const proved: 'editor' | 'reader' = role
      const same = (request as { auth?: unknown }).auth === access.claims(request)
      json(response, 200, { sub, role: proved, same })
    }),
    'GET /edit': access(requireRole('editor', 'admin')(answer)),
    'GET /write': access(requireScope('read', 'write')(answer)),
    'GET /maybe': maybe((request, response) => {
      // @ts-expect-error there may be no claims
      assert.ok(maybe.claims(request) === undefined || maybe.claims(request).sub)
      json(response, 200, { sub: maybe.claims(request)?.sub ?? null })
    }),
    'GET /maybe/edit': maybe(requireRole('editor')(answer)),
    'GET /cookie': requireAccess(signet, { from: { cookie: 'token' } })(answer),
    'GET /signed': requireAccess(signet, { from: signed })(answer),
    'GET /other': requireAccess(signet, { audience: OTHER_AUDIENCE })(answer),
    'GET /broken': () => {
      throw new Error('of the application')
    },
    'GET /store': async () => {
      throw new StoreUnavailableError('the store does not answer')
    },
    'GET /early': (request, response) => json(response, 200, access.claims(request)),
    'GET /early/role': requireRole('editor')(answer),
  }
  const route = signetErrors()((request, response) => {
    const [path = ''] = (request.url ?? '').split('?')
    const handler = routes[`${request.method === 'HEAD' ? 'GET' : request.method} ${path}`]
    return handler === undefined ? json(response, 404, {}) : handler(request, response)
  })
  const server = createServer(async (request, response) => {
    try {
      await route(request, response)
    } catch (error) {
      json(response, 500, { passedOn: (error as Error).message })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    name: 'node:http',
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
