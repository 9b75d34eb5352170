/** What an index adds to a whole verification, without a cache: the same verifier beside itself with an empty index. */

import { ok } from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { secretKey } from 'signet-jwt'
import { createAccessCheck, signetProfile } from '../../packages/signet/src/access/verifier.ts'
import { createKeySet } from '../../packages/signet/src/keys/key-set.ts'
import { RevocationIndex } from '../../packages/signet/src/revocation/revocation-index.ts'
import { system } from '../../packages/signet/src/system.ts'
import type { Subject } from '../support/case.ts'
import { measure } from '../support/measure.ts'
import { issuer, sessionId, tokenId } from './fill.ts'

export interface Added {
  readonly addsNs: number
  readonly verifyNs: number
}

/** So many that what one look-up has fetched from memory is gone before its token comes again. */
const TOKENS = 60_000
const secret = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

export async function addedToVerify(index: RevocationIndex, seconds: number): Promise<Added> {
  const lines = makeLines()
  const input = (i: number) => (lines[i % TOKENS] as Buffer).toString('latin1').slice(7)
  const subject = (role: Subject['role'], used: RevocationIndex) => {
    const run = verifierOver(used)
    const check = () => {
      for (let i = 0; i < 1000; i++) ok(run(input(i)).exp > 0)
    }
    return { name: role, role, isAsync: false, input, run, consume: exp, check } as Subject
  }
  const subjects = [subject('signet', index), subject('floor', new RevocationIndex(randomBytes))]
  const [full, empty] = await measure({ bench: 'index', name: 'verify', subjects }, seconds)
  if (full?.ratioToFloor === undefined || empty === undefined) throw new Error('two were measured')
  // From the ratios within the rounds: the difference of two medians would be mostly the machine's mood.
  return { addsNs: (full.ratioToFloor - 1) * empty.ns, verifyNs: full.ns }
}

const exp = (claims: { readonly exp: number }) => claims.exp

function verifierOver(index: RevocationIndex) {
  return createAccessCheck({
    issuer,
    audience: 'api',
    profile: signetProfile,
    keys: createKeySet([secretKey(secret)]),
    isWithdrawn: () => false,
    index,
    lease: { wall: system.wall, age: () => 0, isAlive: true, isAliveAt: () => true },
    maxLife: () => undefined,
    schema: undefined,
    onStale: 'deny',
    now: system.now,
  })
}

/** None of them is revoked: that is what nearly every verification finds, and it looks everywhere for it. */
function makeLines(): Buffer[] {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = encode({ alg: 'HS256', typ: 'at+jwt' })
  const iat = Math.floor(Date.now() / 1000)
  return Array.from({ length: TOKENS }, (_, i) => {
    const ids = { sub: `user-${i}`, jti: tokenId(), sid: sessionId(), epoch: iat * 1000 }
    const payload = encode({
      iss: issuer,
      aud: 'api',
      iat,
      exp: iat + 3600,
      ...ids,
      type: 'access',
    })
    const mac = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')
    return Buffer.from(`Bearer ${header}.${payload}.${mac}`)
  })
}
