/** What must not travel in a token. Its claims are signed, not secret: anyone who holds a token reads them. */
import { registeredClaimNames } from './claims.ts'
import type { Json } from './json.ts'

const sensitiveNames: ReadonlySet<string> = new Set([
  'password',
  'passwd',
  'pwd',
  'passwordhash',
  'secret',
  'clientsecret',
  'apikey',
  'privatekey',
  'ssn',
  'creditcard',
  'cardnumber',
  'cvv',
  'cvc',
  'pin',
  'otp',
  'seed',
  'mnemonic',
])

/** Spellings such as `api_key`, `API-Key` and `apiKey` are one name. */
function normalName(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '')
}

/**
 * Refuses claims whose name, at any depth, announces a secret, and texts that are a private key or a token.
 *
 * @param allowed names the caller has decided to put into tokens all the same
 * @throws TypeError naming the claim and the option that allows it
 */
export function refuseSensitiveClaims(
  claims: { readonly [name: string]: unknown },
  allowed: readonly string[] = [],
): void {
  const allowedNames = new Set(allowed.map(normalName))
  for (const [name, value] of Object.entries(claims)) {
    if (!registeredClaimNames.has(name)) visit(name, name, value as Json, allowedNames)
  }
}

function visit(
  path: string,
  name: string,
  value: Json | undefined,
  allowed: ReadonlySet<string>,
): void {
  const normal = normalName(name)
  if (allowed.has(normal)) return
  if (sensitiveNames.has(normal)) refuse(path, name, 'names something secret')
  if (typeof value === 'string') {
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value)) refuse(path, name, 'holds a private key')
    if (/^eyJ[\w-]{5,}\.[\w-]+\.[\w-]*$/.test(value)) refuse(path, name, 'holds a token')
  } else if (value !== null && typeof value === 'object') {
    for (const [childName, child] of Object.entries(value)) {
      visit(`${path}.${childName}`, Array.isArray(value) ? name : childName, child, allowed)
    }
  }
}

function refuse(path: string, name: string, why: string): never {
  throw new TypeError(
    `claim '${path}' ${why}, and whoever holds a token can read its claims: leave it out, or write allowSensitiveClaims: ['${name}'] if it is harmless`,
  )
}
