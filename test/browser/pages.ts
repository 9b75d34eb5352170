/** A small site over https: a page, the cookie endpoints of an issuer, and an API, with ways to lose an answer. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Claims, createSignet, type Signet } from 'signet-jwt'
import { type CookieSessions, cookieSessions, refusal } from 'signet-jwt/http'

const source = new URL('../../packages/signet/src/browser/index.ts', import.meta.url)

export class Site {
  readonly origin: string
  readonly signet: Signet<Claims>
  /** Requests to the refresh endpoint that were answered, by status. */
  readonly refreshes: number[] = []
  /** So many answers of the refresh endpoint get lost on their way. */
  losing = 0
  /** So many requests of the refresh endpoint are answered 503 at once. */
  busy = 0
  readonly #server: Server
  readonly #sessions: CookieSessions

  private constructor(server: Server, signet: Signet<Claims>) {
    this.#server = server
    this.signet = signet
    this.origin = `https://localhost:${(server.address() as AddressInfo).port}`
    this.#sessions = cookieSessions(signet, { origins: [this.origin] })
    server.on('request', (request, response) => void this.#answer(request, response))
  }

  /** @param accessLifetimeSeconds short, so that tabs must refresh while the test looks on */
  static async open(accessLifetimeSeconds: number): Promise<Site> {
    const server = createServer(selfSigned())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const signet = await createSignet({ issuer: 'https://issuer.example', accessLifetimeSeconds })
    return new Site(server, signet)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await this.signet.close()
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const answer = await this.#route(incoming)
    if (incoming.url === '/auth/refresh') {
      this.refreshes.push(answer.status)
      if (this.losing > 0) {
        this.losing -= 1
        incoming.socket.destroy()
        return
      }
    }
    outgoing.writeHead(answer.status, [...answer.headers].flat())
    outgoing.end(await answer.text())
  }

  async #route(incoming: IncomingMessage): Promise<Response> {
    const headers = new Headers(
      Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
    )
    const method = incoming.method ?? 'GET'
    const request = new Request(this.origin + incoming.url, { method, headers })
    switch (incoming.url) {
      case '/auth/refresh':
        if (this.busy > 0) {
          this.busy -= 1
          return new Response(null, { status: 503, headers: { 'retry-after': '0.05' } })
        }
        return this.#sessions.refresh(request)
      case '/auth/logout':
        return this.#sessions.logOut(request)
      case '/auth/login': {
        const pair = await this.signet.issue({ subject: 'anna' })
        const cookie = this.#sessions.setCookie(pair)
        return new Response(null, { status: 204, headers: { 'set-cookie': cookie } })
      }
      case '/api/me':
        return this.#api(headers)
      case '/session.js':
        return script(stripTypeScriptTypes(readFileSync(source, 'utf8')))
      default:
        return new Response(page, { headers: { 'content-type': 'text/html' } })
    }
  }

  #api(headers: Headers): Response {
    try {
      const token = headers.get('authorization')?.slice('Bearer '.length) ?? ''
      return Response.json(this.signet.verify(token))
    } catch (error) {
      const { status, body } = refusal(error)
      return Response.json(body, { status })
    }
  }
}

function script(code: string): Response {
  return new Response(code, { headers: { 'content-type': 'text/javascript' } })
}

/** `earlySeconds` is 0, so that a token is used to its end and the test need not wait for long ones. */
const page = `<!doctype html><title>Signet</title><script type="module">
import { createSession } from '/session.js'
window.session = createSession({ refreshUrl: '/auth/refresh', logOutUrl: '/auth/logout', earlySeconds: 0 })
</script>`

function selfSigned(): { readonly key: string; readonly cert: string } {
  const directory = mkdtempSync(join(tmpdir(), 'signet-tls-'))
  try {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(directory, name)) as [
      string,
      string,
    ]
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
    const files = ['-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost']
    execFileSync('openssl', ['req', '-x509', ...curve, ...files], { stdio: 'ignore' })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(directory, { recursive: true })
  }
}
