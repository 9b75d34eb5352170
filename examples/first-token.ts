/**
 * The first token, and everything one should try with it. Run: node --conditions=@signet-jwt/source examples/first-token.ts
 * Each step is one function that prints one line. The clock stands still, so the output is always the same.
 */
import { createHmac } from 'node:crypto'
import {
  createSignet,
  ExpiredTokenError,
  generateKey,
  generateSecret,
  InvalidTokenError,
  secretKey,
  sign,
  verify,
} from 'signet-jwt'
import { memoryStore } from 'signet-jwt/stores/memory'

const now = new Date('2026-01-01T12:00:00Z')
const halfAnHourLater = new Date('2026-01-01T12:30:00Z')

// In an application: secretKey(process.env.JWT_SECRET), made once with `signet secret`.
const key = secretKey(generateSecret())

function createAccessToken(userId: number, role: string, lifetimeMinutes: number): string {
  const claims = { sub: String(userId), role, type: 'access' }
  return sign(claims, key, { lifetimeSeconds: lifetimeMinutes * 60, now })
}

/** The claims, or why there are none, in the words a client may see. */
function decodeAccessToken(token: string, at: Date = now): string {
  try {
    const { sub, role, type } = verify(token, key, { tokenType: 'access', now: at })
    return `user ${sub} is ${role} (${type})`
  } catch (error) {
    if (error instanceof ExpiredTokenError) return 'Token has expired'
    if (error instanceof InvalidTokenError) return `Invalid token: ${error.message}`
    throw error
  }
}

function show(step: string, result: string): void {
  console.log(`${step.padEnd(34)}${result}`)
}

/** The message of the mistake that `attempt` makes. */
function refusal(attempt: () => unknown): string {
  try {
    attempt()
  } catch (error) {
    if (error instanceof Error) return `${error.name}: ${error.message}`
  }
  throw new Error('this should have been refused')
}

const token = createAccessToken(42, 'editor', 30)

function createAndDecode(): void {
  show('create and decode', decodeAccessToken(token))
  const { iat = 0, exp = 0, jti = '' } = verify(token, key, { now })
  show(
    'filled in by sign',
    `iat, exp ${exp - iat} s later, jti of ${jti.length} characters (a UUID)`,
  )
}

function expiredAndInvalid(): void {
  show('expired', decodeAccessToken(token, halfAnHourLater))
  show('signature altered', decodeAccessToken(`${token.slice(0, -5)}AAAA${token.slice(-1)}`))
  show('no token', decodeAccessToken('not a token'))
  const refreshToken = sign({ sub: '42', type: 'refresh' }, key, { lifetimeSeconds: 60, now })
  show('refresh token as access token', decodeAccessToken(refreshToken))
}

function secrets(): void {
  show('generated secret', `${generateSecret().length * 4} bits in hex`)
  show(
    'variable not set',
    refusal(() => secretKey(undefined)),
  )
  show(
    'short secret',
    refusal(() => secretKey('hunter2')),
  )
  show(
    'famous secret',
    refusal(() => secretKey('your-256-bit-random-secret-key')),
  )
}

function claimsThatAreRefused(): void {
  const options = { lifetimeSeconds: 60, now }
  show(
    'password in the claims',
    refusal(() => sign({ sub: '42', password: 'hunter2' }, key, options)),
  )
  // In TypeScript the compiler objects already; in JavaScript the call does.
  show(
    'numeric sub',
    refusal(() => sign({ sub: 42 as unknown as string }, key, options)),
  )
  show(
    'no end',
    refusal(() => sign({ sub: '42' }, key, { now })),
  )
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function algorithmIsFixed(): void {
  show(
    'alg none',
    decodeAccessToken(`${part({ alg: 'none' })}.${part({ sub: '1', type: 'access' })}.`),
  )
  const elliptic = sign({ sub: '42', type: 'access' }, generateKey('ES256'), {
    lifetimeSeconds: 60,
    now,
  })
  show('ES256 where HS256 is expected', decodeAccessToken(elliptic))
  const publicKey = generateKey('ES256')
  const signingInput = `${part({ alg: 'HS256' })}.${part({ sub: '1' })}`
  const mac = createHmac('sha256', 'the text of the public key')
    .update(signingInput)
    .digest('base64url')
  show(
    'HS256 where ES256 is expected',
    refusal(() => verify(`${signingInput}.${mac}`, publicKey, { now })),
  )
}

/** The same issuer with a store behind it: what it revokes stays revoked, here and in every other process. */
async function sessions(): Promise<void> {
  let time = now.getTime()
  const clock = () => new Date(time)
  const store = memoryStore({ clock })
  const issuer = { issuer: 'https://api.example.com', store, clock }
  const signet = await createSignet({ ...issuer, secret: generateSecret() })

  const first = await signet.issue({ subject: '42', claims: { role: 'editor' } })
  await signet.revoke({ tokenId: signet.verify(first.accessToken).jti })
  show(
    'token revoked by its jti',
    refusal(() => signet.verify(first.accessToken)),
  )

  const second = await signet.refresh(first.refreshToken)
  show('refreshed', `still ${signet.verify(second.accessToken).role}`)
  time += 60_000
  const thief = await signet.refresh(first.refreshToken).catch((error: Error) => error)
  show('refresh token used twice', String(thief))
  show(
    'and its session is over',
    refusal(() => signet.verify(second.accessToken)),
  )

  const third = await signet.issue({ subject: '42', claims: { role: 'editor' } })
  const redeployed = await createSignet({ ...issuer, secret: generateSecret() })
  show(
    'revoke all by a new secret',
    refusal(() => redeployed.verify(third.accessToken)),
  )
  const everyone = await redeployed.refresh(third.refreshToken).catch((error: Error) => error)
  show('refresh tokens, too', String(everyone))
  await signet.close()
  await redeployed.close()
}

createAndDecode()
expiredAndInvalid()
secrets()
claimsThatAreRefused()
algorithmIsFixed()
await sessions()
