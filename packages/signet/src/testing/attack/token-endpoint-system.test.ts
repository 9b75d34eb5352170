import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { it } from 'node:test'
import type { RefreshOutcome } from './system.ts'
import { tokenEndpointSystem } from './token-endpoint-system.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** What becomes of a refresh at a server that answers like this. */
async function refreshAt(handler: Handler): Promise<RefreshOutcome> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const system = tokenEndpointSystem({
    name: 'a server',
    graceSeconds: 0,
    tokenUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    parameters: { client_id: 'web' },
    timeoutSeconds: 0.2,
    issue: async () => ({ accessToken: 'a', refreshToken: 'r' }),
    authenticate: async () => true,
  })
  try {
    return await system.refresh('old', { userAgent: 'Phone/1.0' })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const answer =
  (status: number, body: object, headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    response.writeHead(status, headers).end(JSON.stringify(body))

it('posts the refresh grant with its parameters and the user agent', async () => {
  let told = ''
  const outcome = await refreshAt(async (request, response) => {
    told = `${request.method} ${request.headers['user-agent']} ${await text(request)}`
    answer(200, { access_token: 'A', refresh_token: 'R' })(request, response)
  })
  assert.deepEqual(outcome, { kind: 'granted', pair: { accessToken: 'A', refreshToken: 'R' } })
  assert.equal(told, 'POST Phone/1.0 grant_type=refresh_token&refresh_token=old&client_id=web')
})

const cases: readonly [string, Handler, RefreshOutcome['kind']][] = [
  ['503 with Retry-After', answer(503, {}, { 'retry-after': '1' }), 'again'],
  ['429 with Retry-After', answer(429, {}, { 'retry-after': '1' }), 'again'],
  ['503 without it', answer(503, {}), 'fault'],
  ['500', answer(500, { error: 'server_error' }), 'fault'],
  ['400 invalid_grant', answer(400, { error: 'invalid_grant' }), 'refused'],
  ['401', answer(401, { error: 'invalid_client' }), 'refused'],
  ['200 without a refresh token', answer(200, { access_token: 'A' }), 'fault'],
  ['200 with what is no JSON', (_, response) => response.end('<html>'), 'fault'],
  ['no answer in time', () => {}, 'fault'],
  ['a connection that breaks', (request) => request.socket.destroy(), 'fault'],
]
for (const [what, handler, kind] of cases) {
  it(`reads ${what} as ${kind}`, async () => {
    assert.equal((await refreshAt(handler)).kind, kind)
  })
}
