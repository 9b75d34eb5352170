/** The algorithms that are measured, one row each, with the keys everybody signs and verifies with. */
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { exportPem, importKeyObject } from 'signet-jwt'

export interface AlgorithmKeys {
  /** What is printed. */
  readonly name: string
  /** What tokens say. */
  readonly alg: 'HS256' | 'HS384' | 'HS512' | 'RS256' | 'PS256' | 'ES256' | 'EdDSA'
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null
  readonly header: { readonly alg: string; readonly typ: 'JWT'; readonly kid?: string }
  /** The parameters of Web Crypto, for jose. */
  readonly web: Parameters<KeyObject['toCryptoKey']>[0]
  readonly signing: KeyObject
  readonly verifying: KeyObject
  /** Keys that say all there is to say, so that the primitive takes them without options. */
  readonly bare: { readonly signing: KeyObject; readonly verifying: KeyObject }
}

interface Pair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

function secret(name: 'HS256' | 'HS384' | 'HS512', bits: 256 | 384 | 512): AlgorithmKeys {
  const key = createSecretKey(randomBytes(bits / 8))
  return {
    name,
    alg: name,
    hash: `sha${bits}`,
    header: { alg: name, typ: 'JWT' },
    web: { name: 'HMAC', hash: `SHA-${bits}` },
    signing: key,
    verifying: key,
    bare: { signing: key, verifying: key },
  }
}

function pair(
  row: Pick<AlgorithmKeys, 'name' | 'alg' | 'hash' | 'web'>,
  { privateKey, publicKey }: Pair,
  bare: Pair = { privateKey, publicKey },
): AlgorithmKeys {
  return {
    ...row,
    // Signet always names an asymmetric key that signs, so the others are told to do the same.
    header: { alg: row.alg, typ: 'JWT', kid: 'bench-1' },
    signing: privateKey,
    verifying: publicKey,
    bare: { signing: bare.privateKey, verifying: bare.publicKey },
  }
}

/** A key that carries its PSS parameters, for the floor, and the same key without them, for everybody else. */
function pssPairs(): readonly [plain: Pair, bare: Pair] {
  const bare = generateKeyPairSync('rsa-pss', {
    modulusLength: 2048,
    hashAlgorithm: 'sha256',
    mgf1HashAlgorithm: 'sha256',
    // Node takes a number; its types say text.
    saltLength: 32 as unknown as string,
  })
  const key = importKeyObject(bare.privateKey, { algorithm: 'PS256' })
  const privateKey = createPrivateKey(exportPem(key, 'private'))
  return [{ privateKey, publicKey: createPublicKey(exportPem(key)) }, bare]
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')

// biome-ignore format: a table is read by its columns
export const algorithms: readonly AlgorithmKeys[] = [
  secret('HS256', 256),
  secret('HS384', 384),
  secret('HS512', 512),
  pair({ name: 'RS256', alg: 'RS256', hash: 'sha256', web: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } }, rsa),
  pair({ name: 'PS256', alg: 'PS256', hash: 'sha256', web: { name: 'RSA-PSS', hash: 'SHA-256' } }, ...pssPairs()),
  pair({ name: 'ES256', alg: 'ES256', hash: 'sha256', web: { name: 'ECDSA', namedCurve: 'P-256' } }, ec),
  // Two of the peers know Ed25519 under its older name only.
  pair({ name: 'Ed25519', alg: 'EdDSA', hash: null, web: { name: 'Ed25519' } }, ed),
]
