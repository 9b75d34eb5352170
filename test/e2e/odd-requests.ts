/** Requests that no honest client sends, and how to send them: by hand, since clients put right what they are given. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { Dice } from '../support/dice.ts'
import { clientOf, type ServerProcess } from './server-process.ts'

type Pick = <T>(from: readonly T[]) => T

/** Requests under way together: some are never finished, and are given up after a while. */
const AT_ONCE = 20

/** Sends them, holds every answer to be below 500, and looks whether the server lives on. */
export async function survivesOddRequests(server: ServerProcess, requests: number): Promise<void> {
  const { login, whoami } = clientOf(server)
  const { accessToken, refreshToken } = await login('42')
  const seed = Number(process.env.SIGNET_SEED ?? Date.now() % 1_000_000)
  const dice = new Dice(seed)
  const pick: Pick = (from) => dice.pick(from)
  const credentials = [server.admin.authorization, `Bearer ${accessToken}`, refreshToken]
  for (let count = 0; count < requests; count += AT_ONCE) {
    const texts = Array.from({ length: AT_ONCE }, () => oddRequest(pick, credentials))
    const statuses = await Promise.all(texts.map((text) => exchange(server.url, text)))
    for (const [place, status] of statuses.entries()) {
      const text = JSON.stringify(texts[place]?.slice(0, 300))
      assert.ok(status === undefined || status < 500, `${status} with seed ${seed} for ${text}`)
    }
  }
  assert.equal(server.errors(), '')
  assert.equal((await whoami((await login('43')).accessToken)).status, 200)
}

const oddMethods = 'PATCH HEAD OPTIONS TRACE CONNECT PROPFIND BREW'.split(' ')
const paths = [
  '/v1/sessions',
  '/v1/sessions?subject=a',
  '/v1/sessions?subject=%ff&subject=b',
  '/v1/sessions?__proto__=a',
  '/v1/sessions/%2e%2e%2f',
  '/v1/sessions/%E0%A4%A',
  '/v1/sessions/constructor',
  `/v1/sessions/${'a'.repeat(38)}`,
  '/v1/tokens',
  '/v1/revocations',
  '/v1/whoami',
  '/v1/me/sessions?after=%00',
  '/v1/verify',
  '/oauth/token',
  '/oauth/revoke',
  '/oauth/introspect',
  '/v1/revocations?after=0-',
  '/v1/revocations?after=%00&ring=1e9',
  '/v1/revocations?dryRun=1',
  '/v1/followers/a-follower-of-the-log',
  '/v1/followers/%2e%2e',
  '/metrics',
  '/openapi.json',
  '/.well-known/oauth-authorization-server',
  '/.well-known/jwks.json',
  '/livez',
  '/readyz',
  '/%00',
  '//',
  '/\\',
  '*',
  'http://elsewhere.example/v1/whoami',
  `/${'x'.repeat(9000)}`,
]
const types = [
  'application/json',
  'application/json; charset=x',
  'application/x-www-form-urlencoded',
  '',
  '\x00',
]
const bodies = [
  '',
  '{}',
  '[]',
  'null',
  '"a"',
  '1e999',
  '{"subject":"a"}',
  '{"subject":"a","claims":{"__proto__":{"a":1}}}',
  '{"__proto__":{"subject":"a"}}',
  '{"subject":"a","claims":{"role":"\\ud800"}}',
  '{"subject":"a","claims":{"toJSON":1,"":null}}',
  '{"subject":"a\\u0000","context":{"userAgent":"\\r\\nx: y"}}',
  '{"subject":"a","audience":[]}',
  '{"subject":"a","lifetimeSeconds":1e308}',
  '{"token":"a.b.c"}',
  '{"token":"eyJhbGciOiJub25lIn0.e30."}',
  '{"sessionId":"constructor"}',
  '{"tokenId":"a","expiresAt":"0001-01-01T00:00:00Z"}',
  '{"tokenId":"a","expiresAt":"9999-12-31T23:59:59Z","waitFor":"fleet"}',
  `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
  `{"subject":"a","claims":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`,
  'x'.repeat(70_000),
  '\xff\xfe',
  'grant_type=refresh_token&refresh_token=%ff%00',
  'grant_type=refresh_token&refresh_token=a&refresh_token=a',
  'grant_type=%ff&=&&&=a',
  'token=a.b.c&client_id=signet',
  'token=eyJhbGciOiJub25lIn0.e30.&client_secret=%00&client_id=',
  '{"position":"0-","maxStalenessSeconds":1}',
  '{"position":"9007199254740993-ff","maxStalenessSeconds":1e-300,"ringVersion":1e15}',
  '{"position":{},"maxStalenessSeconds":null}',
]
const oddCredentials = [
  '',
  'Bearer',
  'Bearer \t',
  'Bearer a b',
  'Basic Og==',
  'Bearer \xff',
  'bearer ..',
]

/** Every part is as it should be more often than not, so that the odd ones get as far as they can. */
function oddRequest(pick: Pick, credentials: readonly string[]): string {
  const mostly = <T>(usual: readonly T[], odd: readonly T[]) =>
    pick([usual, usual, usual, usual, usual, usual, odd].map((each) => pick(each)))
  const body = pick(bodies)
  const length = mostly<unknown>([body.length], [0, body.length + 5, -1, 'a', '9'.repeat(30)])
  const lines = [
    `${mostly(['GET', 'POST', 'POST', 'PUT', 'DELETE'], oddMethods)} ${pick(paths)} HTTP/1.1`,
    mostly(['Host: localhost'], ['Host: a b', 'Host: \xff', 'X: y']),
    `Authorization: ${mostly(credentials, oddCredentials)}`,
    mostly(
      ['X: y', 'If-None-Match: *, "', 'Cookie: a=b; a=c'],
      [`Authorization: ${pick(credentials)}`],
    ),
    `Content-Type: ${mostly(types.slice(0, 3), types.slice(3))}`,
    mostly([`Content-Length: ${length}`], ['Transfer-Encoding: chunked', 'X: y']),
    'Connection: close',
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

/** The status of the answer; undefined when the server closed the connection, or we gave up a request we never finished. */
async function exchange(url: string, text: string): Promise<number | undefined> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1')
  })
  // The server may hang up while we still write; the answer, if there is one, is what counts.
  socket.on('error', () => {})
  socket.setTimeout(300, () => socket.destroy())
  socket.end(Buffer.from(text, 'latin1'))
  await new Promise((resolve) => socket.once('close', resolve))
  const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]
  return status === undefined ? undefined : Number(status)
}
