/** Throws odd requests at an application behind an adapter, and holds every answer to what may come of it. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { connect } from 'node:net'
import { createSignet, type Signet } from 'signet-jwt'
import { Dice } from '../support/dice.ts'
import { mutate } from '../support/mutate.ts'
import { type App, COOKIE_SECRET, type Custom, type Start } from './app.ts'

/** Requests under way together. */
const AT_ONCE = 25
/** Longer than any answer takes on a busy machine: whoever is not answered by then hangs. */
const PATIENCE_MS = 20_000

interface Credential {
  readonly token: string
  readonly signedCookie: string
}

/** @throws AssertionError for a 5xx, a hang, a closed door, or a way around the guard; with the seed that repeats it */
export async function survivesFuzz(start: Start, requests: number): Promise<void> {
  const seed = Number(process.env.SIGNET_SEED ?? Date.now() % 4_294_967_296)
  const dice = new Dice(seed)
  const signet = await createSignet<Custom>({ issuer: 'https://issuer.example' })
  const app = await start(signet)
  try {
    const good = await credential(signet)
    for (let count = 0; count < requests; count += AT_ONCE) {
      const texts = Array.from({ length: AT_ONCE }, () => oddRequest(dice, good))
      await Promise.all(texts.map((text) => judge(app, text, good, seed)))
    }
    const headers = { authorization: `Bearer ${good.token}` }
    assert.equal((await fetch(`${app.origin}/me`, { headers })).status, 200)
  } finally {
    await app.close()
    await signet.close()
  }
}

async function credential(signet: Signet<Custom>): Promise<Credential> {
  const { accessToken: token } = await signet.issue({ subject: '42', claims: { role: 'editor' } })
  const mac = createHmac('sha256', COOKIE_SECRET).update(token).digest('base64')
  return { token, signedCookie: encodeURIComponent(`${token}.${mac}`) }
}

async function judge(app: App, text: string, good: Credential, seed: number): Promise<void> {
  const status = await exchange(app.origin, text)
  const about = `${app.name}, seed ${seed}: ${status} for ${JSON.stringify(text.slice(0, 2000))}`
  assert.ok(status !== 'hang' && (status === 'closed' || status < 500), about)
  // Express answers OPTIONS by itself where no route does.
  const isOpen = /^(?:OPTIONS \S+|\S+ \/maybe) /.test(text)
  if (status === 200 && !isOpen) {
    assert.ok(text.includes(good.token) || text.includes(good.signedCookie), about)
  }
}

const methods = [
  'GET',
  'GET',
  'GET',
  'GET',
  'HEAD',
  'OPTIONS',
  'POST',
  'PUT',
  'TRACE',
  'BREW',
  'get',
]
const paths = ['/me', '/edit', '/write', '/maybe', '/maybe/edit', '/cookie', '/signed', '/other']
const oddPaths = [
  '/',
  '//me',
  '/me/',
  '/me?a=%ff',
  '/%6de',
  '/me%00',
  '/ME',
  '*',
  `/${'x'.repeat(5000)}`,
]

function oddRequest(dice: Dice, good: Credential): string {
  const path = dice.below(8) === 0 ? dice.pick(oddPaths) : dice.pick(paths)
  const lines = [`${dice.pick(methods)} ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close']
  for (let i = dice.below(3); i >= 0; i--) lines.push(oddHeader(dice, good))
  // As it goes over the wire, where characters beyond one byte become others.
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1').toString('latin1')
}

const names = [
  'Authorization',
  'authorization',
  'AUTHORIZATION',
  'Cookie',
  'cookie',
  'X-Authorization',
]
const others = [
  'Access-Control-Request-Method: GET',
  'Access-Control-Request-Method:',
  'Content-Length: 0',
  'Transfer-Encoding: chunked, identity',
  'Content-Type: \xff',
  'X: y',
]
const oddValues = [
  '',
  ' ',
  'Bearer',
  'Bearer ',
  'Bearer\t',
  'Bearer a,b',
  'Basic Og==',
  'token=',
  ';;=;',
  '\xff',
]

function oddHeader(dice: Dice, { token, signedCookie }: Credential): string {
  if (dice.below(6) === 0) return dice.pick(others)
  const whole = [
    `Bearer ${token}`,
    `token=${token}`,
    `token=${signedCookie}`,
    `a=b; token=${token}`,
  ]
  const value = dice.pick([
    () => dice.pick(whole),
    () => dice.pick(whole),
    () => mutate(dice.pick(whole), dice, whole),
    () => `Bearer ${mutate(token, dice, whole)}`,
    () => `token=${mutate(signedCookie, dice, whole)}`,
    () => `token=${mutate(token, dice, whole)}; token=${token}`,
    () => dice.pick(oddValues),
    () => `token=%${dice.pick(['', '2', 'E0%A4%A', '00', 'zz'])}`,
    () => 'x'.repeat(dice.below(20_000)),
  ])()
  // A line break would end the header: what follows is a header of its own, and as odd as any.
  return `${dice.pick(names)}: ${value}`
}

/** The status of the answer; 'closed' when the server hung up without one, as node does with what is not HTTP. */
function exchange(origin: string, text: string): Promise<number | 'closed' | 'hang'> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) })
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    socket.setTimeout(PATIENCE_MS, () => {
      resolve('hang')
      socket.destroy()
    })
    socket.once('close', () => {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]
      resolve(status === undefined ? 'closed' : Number(status))
    })
    socket.write(Buffer.from(text, 'latin1'))
  })
}
