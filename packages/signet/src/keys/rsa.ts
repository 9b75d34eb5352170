/** What Node does not look at in an RSA key: its size, its exponent, and whether its numbers belong together. */
import type { JsonWebKey, KeyObject } from 'node:crypto'
import { InvalidKeyError } from '../errors.ts'

/** Below: RFC 7518 sections 3.3 and 3.5. Above: OpenSSL's own limit, beyond which verifying would take seconds. */
const MODULUS_BITS = { min: 2048, max: 16_384 }
/** From 65537 as FIPS 186-5 has it; a key with e = 1 signs nothing. Long exponents only cost verifiers time. */
const EXPONENT = { min: 65_537n, max: 2n ** 64n }

/** @throws InvalidKeyError saying which number is wrong and how to make a good key */
export function checkRsaKey(key: KeyObject): void {
  const jwk = key.export({ format: 'jwk' })
  const n = toInteger(jwk.n)
  const e = toInteger(jwk.e)
  const bits = n.toString(2).length
  if (bits < MODULUS_BITS.min || bits > MODULUS_BITS.max) {
    throw new InvalidKeyError(
      `the RSA key has ${bits} bits; from ${MODULUS_BITS.min} to ${MODULUS_BITS.max} are used (RFC 7518 section 3.3): make one with generateKey('RS256')`,
    )
  }
  if (e < EXPONENT.min || e > EXPONENT.max || e % 2n === 0n) {
    throw new InvalidKeyError(
      'the RSA key has a public exponent that is even, below 65537 or above 2^64; 65537 is the usual one',
    )
  }
  if (hasRocaFingerprint(n)) {
    throw new InvalidKeyError(
      'the RSA key was made by a broken generator and can be factored (CVE-2017-15361): make a new one',
    )
  }
  if (key.type === 'private') checkPrivateNumbers(jwk, n, e)
}

/** Node signs with p and q and ignores d, so a key whose halves do not match would go unnoticed (RFC 8017 section 3.2). */
function checkPrivateNumbers(jwk: JsonWebKey, n: bigint, e: bigint): void {
  const d = toInteger(jwk.d)
  const p = toInteger(jwk.p)
  const q = toInteger(jwk.q)
  const consistent =
    p > 1n &&
    q > 1n &&
    p * q === n &&
    (d * e) % (p - 1n) === 1n &&
    (d * e) % (q - 1n) === 1n &&
    toInteger(jwk.dp) === d % (p - 1n) &&
    toInteger(jwk.dq) === d % (q - 1n) &&
    (toInteger(jwk.qi) * q) % p === 1n
  if (!consistent) {
    throw new InvalidKeyError(
      'the private and the public numbers of the RSA key do not belong together',
    )
  }
}

function toInteger(text: string | undefined): bigint {
  return BigInt(`0x0${Buffer.from(text ?? '', 'base64url').toString('hex')}`)
}

/**
 * Moduli of the generator of CVE-2017-15361 are powers of 65537 modulo every small prime. An honest modulus is so by
 * chance less than once in a hundred million.
 */
function hasRocaFingerprint(n: bigint): boolean {
  return smallPrimes.every((prime) => powersOf65537(prime).has(Number(n % BigInt(prime))))
}

const smallPrimes = Array.from({ length: 165 }, (_, i) => i + 3).filter(
  (candidate) =>
    !Array.from({ length: 11 }, (_, i) => i + 2).some((d) => d < candidate && candidate % d === 0),
)

function powersOf65537(prime: number): ReadonlySet<number> {
  const powers = new Set<number>()
  for (let power = 1; !powers.has(power); power = (power * 65_537) % prime) powers.add(power)
  return powers
}
