/**
 * What the servers here need around them: a place where the bench begins a session without a browser, which the peers have
 * no call for, and a line that says where the server listens.
 */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export const CLIENT_ID = 'bench'
export const AUDIENCE = 'https://api.example'

export interface SeededServer {
  readonly listener: RequestListener
  /** Begins a session for someone who has just logged in; answers its first refresh token. */
  seed(subject: string): Promise<string>
  /** Whether a service of this system lets the access token in. Left out: services check the signature and the times. */
  authenticate?(accessToken: string): boolean
  /** Called after the clock was wound, where that must be got over. */
  settle?(): Promise<void>
}

/**
 * Serves on a free port. `/bench/seed?subject=` answers a refresh token, `/bench/authenticate?token=` true or false,
 * `/bench/settle` once the clock's jump is got over; everything else is the system's own.
 */
export function serve(make: (origin: string) => Promise<SeededServer>): void {
  let seeded: SeededServer | undefined
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/bench/') !== true) return seeded?.listener(request, response)
    const { pathname, searchParams } = new URL(request.url, 'http://localhost')
    if (pathname === '/bench/seed') {
      seeded?.seed(searchParams.get('subject') ?? '').then(
        (token) => response.end(token),
        (error) => response.writeHead(500).end(String(error)),
      )
    } else if (pathname === '/bench/authenticate') {
      response.end(String(seeded?.authenticate?.(searchParams.get('token') ?? '')))
    } else if (pathname === '/bench/settle') {
      Promise.resolve(seeded?.settle?.()).then(
        () => response.end(),
        (error) => response.writeHead(500).end(String(error)),
      )
    }
  })
  server.listen(0, '127.0.0.1', async () => {
    const origin = `http://localhost:${(server.address() as AddressInfo).port}`
    seeded = await make(origin)
    console.log(`the server listens on ${origin}\n`)
  })
}
