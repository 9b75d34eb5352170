/**
 * What both peers need around them: a place where the bench begins a session without a browser, since neither has a call
 * for that, and a line that says where the server listens.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export const CLIENT_ID = 'bench'
export const AUDIENCE = 'https://api.example'

/** Listens on a free port. `POST /bench/seed?subject=` answers a refresh token for someone who has just logged in. */
export async function serve(
  makeListener: (origin: string) => Promise<RequestListener>,
  seed: (subject: string) => Promise<string>,
): Promise<void> {
  let listener: RequestListener = () => {}
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname !== '/bench/seed') return listener(request, response)
    seed(searchParams.get('subject') ?? '').then(
      (token) => response.end(token),
      (error) => response.writeHead(500).end(String(error)),
    )
  })
  server.listen(0, '127.0.0.1', async () => {
    const origin = `http://localhost:${(server.address() as AddressInfo).port}`
    listener = await makeListener(origin)
    console.log(`the peer listens on ${origin}\n`)
  })
}
