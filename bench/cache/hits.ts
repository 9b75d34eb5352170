/** Verifiers with their caches full of the tokens they will be given. */
import { deepStrictEqual, ok, throws } from 'node:assert/strict'
import { createVerifier } from 'fast-jwt'
import { type Claims, createSignet, type Signet } from 'signet-jwt'
import { memoryStore } from 'signet-jwt/stores/memory'
import type { Subject } from '../support/case.ts'

const secret = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const issuer = 'https://id.example'
const audience = 'api'

type Answer = { readonly exp: number; readonly jti: string }
type Verify = (token: string) => Answer

export function hitCase(size: number) {
  return { name: `hit, ${size.toLocaleString('en')} tokens`, make: () => makeCase(size) }
}

async function makeCase(size: number) {
  const options = { issuer, audience, secret, store: memoryStore(), accessLifetimeSeconds: 86_400 }
  const limits = { maxEntries: 2 * size, maxBytes: 2 ** 30 }
  const signet = await createSignet({ ...options, cache: limits })
  const bare = await createSignet({ ...options, cache: false })
  const tokens = await issue(signet, size)
  const lines = tokens.map((token) => Buffer.from(`Bearer ${token}`))
  // A new string for each call, cut from a header line as a server cuts it.
  const input = (index: number) => (lines[index % size] as Buffer).toString('latin1').slice(7)
  // As its documentation says: cache takes the number of tokens kept. It hashes each token to look it up.
  const fast = createVerifier({
    key: secret,
    cache: 2 * size,
    allowedIss: issuer,
    allowedAud: audience,
    checkTyp: 'at+jwt',
  })
  const subject = (name: string, role: Subject['role'], run: Verify): Subject =>
    ({
      name,
      role,
      isAsync: false,
      input,
      run,
      consume: ({ exp }: Answer) => exp,
      check: () => checkHits(run, input, size),
    }) as Subject
  const subjects = [
    subject('signet', 'signet', (token) => signet.verify(token)),
    subject('fast-jwt, cache', 'peer', (token) => fast(token) as Answer),
    subject('signet, cache: false', 'floor', (token) => bare.verify(token)),
  ]
  await checkRevocation(signet)
  const close = async () => {
    await signet.close()
    await bare.close()
  }
  return { subjects, close }
}

async function issue(signet: Signet<Claims>, size: number): Promise<string[]> {
  const tokens: string[] = []
  for (let i = 0; i < size; i++) {
    const { accessToken } = await signet.issueAccessToken({
      subject: `user-${i}`,
      claims: { role: 'editor' },
    })
    tokens.push(accessToken)
  }
  return tokens
}

/** The second time it gives the same claims as the first, and refuses what differs in one character anywhere. */
function checkHits(run: Verify, input: (index: number) => string, size: number): void {
  for (let i = 0; i < size; i++) {
    const { jti } = run(input(i))
    deepStrictEqual(run(input(i)).jti, jti)
  }
  const token = input(0)
  for (let place = 0; place < token.length - 1; place++) {
    const other = token[place] === 'A' ? 'B' : 'A'
    throws(() => run(`${token.slice(0, place)}${other}${token.slice(place + 1)}`))
  }
}

/** What is measured must be a hit that obeys: a revoked token is refused though it is in the cache. */
async function checkRevocation(signet: Signet<Claims>): Promise<void> {
  const { accessToken, tokenId } = await signet.issueAccessToken({ subject: '1', claims: {} })
  const first = signet.verify(accessToken)
  ok(signet.verify(accessToken) === first, 'the second verify was no hit')
  await signet.revoke({ tokenId })
  throws(() => signet.verify(accessToken), /revoked/)
}
