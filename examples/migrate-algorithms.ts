/**
 * From one shared secret to a post-quantum signature without one failed request: HS256, ES256, Ed25519, ML-DSA-65.
 * Run: node --conditions=@signet-jwt/source examples/migrate-algorithms.ts
 *
 * Each step is a rolling deployment: for a quarter of an hour the old process and the new one run beside each other, both
 * log people in, refresh and verify, and each takes what the other has signed. Then the new one is alone until the tokens
 * of the old one have expired. Only the options change. The clock is wound by hand, a minute at a time.
 */
import {
  createSignet,
  decodeUnverified,
  generateSecret,
  type Signet,
  type SignetKeyOptions,
} from 'signet-jwt'
import { memoryStore } from 'signet-jwt/stores/memory'

let now = Date.parse('2026-01-01T12:00:00Z')
const clock = () => new Date(now)
const store = memoryStore({ clock })

// In an application: process.env.SIGNET_SECRET and process.env.SIGNET_MASTER_KEY, made with `signet secret`.
const secret = generateSecret()
const masterKey = generateSecret()

const deployments: readonly SignetKeyOptions[] = [
  { store, secret },
  // The ring takes over: the secret signs until the first key of the ring is known everywhere, and its tokens stay good.
  { store, keys: { algorithm: 'ES256', masterKey, previousSecrets: [secret] } },
  // No process signs with the secret any more, and the last token under it has expired: it can go.
  { store, keys: { algorithm: 'Ed25519', masterKey } },
  { store, keys: { algorithm: 'ML-DSA-65', masterKey } },
]

function deploy(options: SignetKeyOptions): Promise<Signet<object>> {
  return createSignet<object>({ issuer: 'https://api.example.com', clock, ...options })
}

const alive: { readonly token: string; readonly until: number }[] = []
let requests = 0
let failed = 0
let refreshToken = ''

async function request<T>(send: () => T | Promise<T>): Promise<T | undefined> {
  requests++
  try {
    return await send()
  } catch (error) {
    failed++
    console.error(error)
    return undefined
  }
}

/** A minute of traffic: whoever is up logs in and refreshes, and everyone verifies every token that has not expired. */
async function minute(processes: readonly Signet<object>[]): Promise<void> {
  now += 60_000
  for (const signet of processes) {
    const login = await request(() => signet.issue({ subject: '42' }))
    refreshToken ||= login?.refreshToken ?? ''
    const refreshed = await request(() => signet.refresh(refreshToken))
    refreshToken = refreshed?.refreshToken ?? ''
    for (const pair of [login, refreshed]) {
      if (pair === undefined) continue
      alive.push({ token: pair.accessToken, until: pair.accessExpiresAt.getTime() })
    }
  }
  while (alive[0] !== undefined && alive[0].until <= now) alive.shift()
  for (const signet of processes) {
    for (const { token } of alive) await request(() => signet.verify(token))
  }
}

function algorithmsInUse(): string {
  const all = alive.map(({ token }) => decodeUnverified(token).header.alg)
  return [...new Set(all)].join(', ')
}

let running = await deploy(deployments[0] as SignetKeyOptions)
for (let i = 0; i < 10; i++) await minute([running])
console.log(`before: ${algorithmsInUse()}`)
for (const options of deployments.slice(1)) {
  const next = await deploy(options)
  for (let i = 0; i < 15; i++) await minute([running, next])
  console.log(`during the deployment: ${algorithmsInUse()}`)
  await running.close()
  for (let i = 0; i < 30; i++) await minute([next])
  running = next
  console.log(`after the deployment: ${algorithmsInUse()}`)
}
await running.close()
console.log(`${requests} requests, ${failed} failed`)
