/** How long does it take to verify a token? All subjects check signature, algorithm, issuer, audience and expiry. */
import { deepStrictEqual, ok } from 'node:assert/strict'
import { createHmac, sign, verify } from 'node:crypto'
import { createVerifier as createFastVerifier } from 'fast-jwt'
import { jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { createVerifier, importKeyObject } from 'signet-jwt'
import type { Case, Subject } from '../support/case.ts'
import { napi } from '../support/napi.ts'
import { type AlgorithmKeys, algorithms } from './algorithms.ts'
import {
  audience,
  type BenchClaims,
  encode,
  issuer,
  makeToken,
  manyClaims,
  TOKENS,
  tamper,
} from './tokens.ts'

type Verify = (token: string) => unknown

interface Verifier {
  readonly name: string
  readonly role: 'signet' | 'peer' | 'floor'
  readonly isAsync?: boolean
  /** undefined for an algorithm it cannot do. */
  prepare(keys: AlgorithmKeys): Verify | undefined | Promise<Verify>
}

const verifiers: readonly Verifier[] = [
  {
    name: 'signet',
    role: 'signet',
    prepare({ alg, verifying, header: { kid } }) {
      const options = kid === undefined ? { algorithm: alg } : { algorithm: alg, kid }
      return createVerifier(importKeyObject(verifying, options), { issuer, audience })
    },
  },
  {
    name: 'fast-jwt',
    role: 'peer',
    // Its documentation takes keys as bytes or PEM and prepares them once. The cache is off, as it is by default: what is
    // measured is a verification.
    prepare({ alg, verifying }) {
      const key = textOrBytes(verifying)
      return createFastVerifier({
        key,
        algorithms: [alg],
        allowedIss: issuer,
        allowedAud: audience,
        cache: false,
      })
    },
  },
  {
    name: '@node-rs/jsonwebtoken',
    role: 'peer',
    // It takes keys as bytes or PEM only. The leeway is 60 seconds unless it is told that there is none.
    prepare({ alg, verifying }) {
      if (napi === undefined) return undefined
      const { verifySync } = napi
      const key = textOrBytes(verifying)
      const validation = {
        algorithms: [alg],
        iss: [issuer],
        aud: [audience],
        requiredSpecClaims: ['exp', 'iss', 'aud'],
        leeway: 0,
      }
      return (token) => verifySync(token, key, validation)
    },
  },
  {
    name: 'jsonwebtoken',
    role: 'peer',
    // With a KeyObject, which its documentation allows: given text or bytes, it would import the key in every call.
    prepare({ alg, verifying }) {
      if (alg === 'EdDSA') return undefined
      const options = { algorithms: [alg], issuer, audience }
      return (token) => jsonwebtoken.verify(token, verifying, options)
    },
  },
  {
    name: 'jose',
    role: 'peer',
    isAsync: true,
    // With a CryptoKey, which is what its own import functions give and what it works on.
    prepare({ alg, verifying, web }) {
      const key = verifying.toCryptoKey(web, false, ['verify'])
      const options = { algorithms: [alg], issuer, audience }
      return async (token) => (await jwtVerify(token, key, options)).payload
    },
  },
  {
    name: 'floor: createHmac + JSON.parse',
    role: 'floor',
    prepare({ hash, verifying }) {
      return verifying.type === 'secret' ? verifyNaively(hash as string, verifying) : undefined
    },
  },
]

/** What anybody would write first: the MAC, compared as bytes, and the claims, unchecked. */
function verifyNaively(hash: string, key: AlgorithmKeys['verifying']): Verify {
  return (token) => {
    const end = token.lastIndexOf('.')
    const mac = createHmac(hash, key).update(token.slice(0, end)).digest()
    if (!mac.equals(Buffer.from(token.slice(end + 1), 'base64url'))) throw new Error('refused')
    const claims = token.slice(token.indexOf('.') + 1, end)
    return JSON.parse(Buffer.from(claims, 'base64url').toString())
  }
}

function textOrBytes(key: AlgorithmKeys['verifying']): string | Buffer {
  if (key.type === 'secret') return key.export()
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

export async function verifyCases(): Promise<Case[]> {
  return Promise.all(
    algorithms.map(async (keys) => ({
      bench: 'codec',
      name: `${keys.name} verify`,
      subjects: await subjectsFor(keys),
    })),
  )
}

async function subjectsFor(keys: AlgorithmKeys): Promise<Subject[]> {
  const lines = manyClaims.map((claims) => Buffer.from(`Bearer ${makeToken(keys, claims)}`))
  // A new string for each call, cut from a header line as a server cuts it.
  const input = (index: number) =>
    (lines[index % TOKENS] as Buffer).toString('latin1').slice('Bearer '.length)

  const subjects: Subject[] = []
  for (const verifier of verifiers) {
    const { name, role, isAsync = false } = verifier
    const run = await verifier.prepare(keys)
    if (run === undefined) continue
    const consume = (claims: BenchClaims) => claims.exp
    const check = () => checkVerifier(verifier, run, input, keys)
    subjects.push({ name, role, isAsync, input, run, consume, check } as Subject)
  }
  if (keys.verifying.type !== 'secret') subjects.push(primitive(keys))
  return subjects
}

/** The signature alone, over bytes that are ready, with a key that needs no options: no JOSE, no JSON, no checks. */
function primitive({ hash, header, bare, name }: AlgorithmKeys): Subject {
  const made = manyClaims.slice(0, 64).map((claims) => {
    const data = Buffer.from(`${encode(header)}.${encode(claims)}`)
    return { data, signature: sign(hash, data, bare.signing) }
  })
  const input = (index: number) => made[index % made.length] as (typeof made)[number]
  const run = ({ data, signature }: (typeof made)[number]) =>
    verify(hash, data, bare.verifying, signature)
  return {
    name: 'floor: crypto.verify',
    role: 'floor',
    isAsync: false,
    input,
    run,
    consume: (fits: boolean) => (fits ? 1 : Number.NaN),
    check() {
      const { data, signature } = input(0)
      ok(run({ data, signature }), `${name}: the floor refuses`)
      const changed = Buffer.from(data)
      changed[0] = (changed[0] as number) ^ 1
      ok(!run({ data: changed, signature }), `${name}: the floor accepts`)
    },
  } as Subject
}

async function checkVerifier(
  { name, role }: Verifier,
  run: Verify,
  input: (index: number) => string,
  keys: AlgorithmKeys,
): Promise<void> {
  for (let index = 0; index < TOKENS; index += 7) {
    deepStrictEqual({ ...((await run(input(index))) as object) }, manyClaims[index], name)
    const changed = tamper(input(index), index)
    ok(await refuses(run, changed), `${name} accepts a token with a changed character: ${changed}`)
  }
  if (role === 'floor') return
  for (const [what, token] of badTokens(keys)) {
    ok(await refuses(run, token), `${name} accepts a token with ${what}`)
  }
}

/** Well signed, and wrong in one of the things that everybody is told to check. */
function badTokens(keys: AlgorithmKeys): [what: string, token: string][] {
  const claims = manyClaims[0] as BenchClaims
  const tokens: [string, string][] = [
    ['another issuer', makeToken(keys, { ...claims, iss: 'https://other.example' })],
    ['another audience', makeToken(keys, { ...claims, aud: 'other' })],
    // Half a minute is within the leeway that some allow unless they are told not to.
    ['an end that has passed', makeToken(keys, { ...claims, exp: claims.iat - 30 })],
  ]
  if (keys.hash !== null) {
    const bits = keys.hash === 'sha384' ? 512 : 384
    const header = { ...keys.header, alg: `${keys.alg.slice(0, 2)}${bits}` }
    const other = makeToken({ ...keys, hash: `sha${bits}`, header }, claims)
    tokens.push(['another algorithm', other])
  }
  return tokens
}

async function refuses(run: Verify, token: string): Promise<boolean> {
  try {
    await run(token)
    return false
  } catch {
    return true
  }
}
