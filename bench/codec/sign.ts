/** How long does it take to sign a token? All subjects get the same complete claims, and write the same header. */
import { ok } from 'node:assert/strict'
import { createHmac, sign, verify } from 'node:crypto'
import { createSigner as createFastSigner } from 'fast-jwt'
import { SignJWT } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { createSigner, importKeyObject } from 'signet-jwt'
import type { Case, Subject } from '../support/case.ts'
import { napi } from '../support/napi.ts'
import { type AlgorithmKeys, algorithms } from './algorithms.ts'
import {
  type BenchClaims,
  encode,
  freshClaims,
  isGenuine,
  manyClaims,
  TOKENS,
  tamper,
} from './tokens.ts'

type Sign = (claims: BenchClaims) => string | Promise<string>

interface Signer {
  readonly name: string
  readonly role: 'signet' | 'peer' | 'floor'
  readonly isAsync?: boolean
  /** undefined for an algorithm it cannot do. */
  prepare(keys: AlgorithmKeys): Sign | undefined
}

const signers: readonly Signer[] = [
  {
    name: 'signet',
    role: 'signet',
    prepare({ alg, signing, header: { kid } }) {
      const options = kid === undefined ? { algorithm: alg } : { algorithm: alg, kid }
      return createSigner(importKeyObject(signing, options))
    },
  },
  {
    name: 'fast-jwt',
    role: 'peer',
    // Its documentation takes keys as bytes or PEM and prepares them once.
    prepare({ alg, signing, header: { kid } }) {
      const options = { key: textOrBytes(signing), algorithm: alg }
      return createFastSigner(kid === undefined ? options : { ...options, kid })
    },
  },
  {
    name: '@node-rs/jsonwebtoken',
    role: 'peer',
    // It takes keys as bytes or PEM only.
    prepare({ alg, signing, header: { kid } }) {
      if (napi === undefined) return undefined
      const { signSync } = napi
      const key = textOrBytes(signing)
      const header = kid === undefined ? { algorithm: alg } : { algorithm: alg, keyId: kid }
      return (claims) => signSync(claims, key, header)
    },
  },
  {
    name: 'jsonwebtoken',
    role: 'peer',
    // With a KeyObject, which its documentation allows: given text or bytes, it would import the key in every call.
    prepare({ alg, signing, header: { kid } }) {
      if (alg === 'EdDSA') return undefined
      const options = kid === undefined ? { algorithm: alg } : { algorithm: alg, keyid: kid }
      return (claims) => jsonwebtoken.sign(claims, signing, options)
    },
  },
  {
    name: 'jose',
    role: 'peer',
    isAsync: true,
    // With a CryptoKey, which is what its own import functions give and what it works on.
    prepare({ signing, web, header }) {
      const key = signing.toCryptoKey(web, false, ['sign'])
      return (claims) => new SignJWT(claims).setProtectedHeader(header).sign(key)
    },
  },
  {
    name: 'floor: JSON.stringify + createHmac',
    role: 'floor',
    // What anybody would write first, with the header encoded once.
    prepare({ hash, signing, header }) {
      if (signing.type !== 'secret') return undefined
      const start = `${encode(header)}.`
      return (claims) => {
        const input = start + encode(claims)
        const mac = createHmac(hash as string, signing).update(input)
        return `${input}.${mac.digest('base64url')}`
      }
    },
  },
]

function textOrBytes(key: AlgorithmKeys['signing']): string | Buffer {
  if (key.type === 'secret') return key.export()
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

export function signCases(): Case[] {
  return algorithms.map((keys) => ({
    bench: 'codec',
    name: `${keys.name} sign`,
    subjects: subjectsFor(keys),
  }))
}

function subjectsFor(keys: AlgorithmKeys): Subject[] {
  const subjects: Subject[] = []
  for (const { name, role, isAsync = false, prepare } of signers) {
    const run = prepare(keys)
    if (run === undefined) continue
    // Reading a character makes one flat string of what may still be a rope, which a socket would ask for, too.
    const consume = (token: string) => token.charCodeAt(token.length - 1)
    const check = () => checkSigner(name, run, keys)
    subjects.push({ name, role, isAsync, input: freshClaims, run, consume, check } as Subject)
  }
  if (keys.signing.type !== 'secret') subjects.push(primitive(keys))
  return subjects
}

/** The signature alone, over bytes that are ready, with a key that needs no options: no JOSE and no JSON. */
function primitive({ hash, header, bare, name }: AlgorithmKeys): Subject {
  const made = manyClaims.map((claims) => Buffer.from(`${encode(header)}.${encode(claims)}`))
  const run = (data: Buffer) => sign(hash, data, bare.signing)
  return {
    name: 'floor: crypto.sign',
    role: 'floor',
    isAsync: false,
    input: (index: number) => made[index % TOKENS] as Buffer,
    run,
    consume: (signature: Buffer) => signature.length,
    check() {
      const data = made[0] as Buffer
      ok(verify(hash, data, bare.verifying, run(data)), `${name}: the floor signs badly`)
    },
  } as Subject
}

async function checkSigner(name: string, run: Sign, keys: AlgorithmKeys): Promise<void> {
  for (let index = 0; index < TOKENS; index += 41) {
    const token = await run(freshClaims(index))
    const claims = manyClaims[index] as BenchClaims
    ok(isGenuine(keys, token, claims), `${name} signs badly with ${keys.name}: ${token}`)
    // The judge is judged, too: it would be of no use if it took any token.
    ok(!isTaken(keys, tamper(token, index), claims), `the check of ${keys.name} takes any token`)
  }
}

function isTaken(keys: AlgorithmKeys, token: string, claims: BenchClaims): boolean {
  try {
    return isGenuine(keys, token, claims)
  } catch {
    return false
  }
}
