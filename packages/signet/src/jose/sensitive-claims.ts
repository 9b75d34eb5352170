/** What must not travel in a token. Its claims are signed, not secret: anyone who holds a token reads them. */
import { registeredClaimNames } from './claims.ts'
import { isOwn, type Json } from './json.ts'

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

/** What was found of names met before: a program signs the same few over and over. */
const judged = new Map<string, boolean>()
const MAX_JUDGED = 1000

function isSensitive(name: string): boolean {
  const known = judged.get(name)
  if (known !== undefined) return known
  const found = sensitiveNames.has(normalName(name))
  if (judged.size >= MAX_JUDGED) judged.clear()
  judged.set(name, found)
  return found
}

/** What a pattern would look for at each place is looked for by a native search first: nearly every text has none of it. */
function holdsPrivateKey(text: string): boolean {
  return text.includes('-----BEGIN ') && /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)
}

function holdsToken(text: string): boolean {
  return text.startsWith('eyJ') && /^eyJ[\w-]{5,}\.[\w-]+\.[\w-]*$/.test(text)
}

const noNames: ReadonlySet<string> = new Set()

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
  const allowedNames = allowed.length === 0 ? noNames : new Set(allowed.map(normalName))
  for (const name in claims) {
    if (registeredClaimNames.has(name) || !isOwn(claims, name)) continue
    visit(name, name, claims[name] as Json, allowedNames)
  }
}

function visit(
  path: string,
  name: string,
  value: Json | undefined,
  allowed: ReadonlySet<string>,
): void {
  if (allowed.size > 0 && allowed.has(normalName(name))) return
  if (isSensitive(name)) refuse(path, name, 'names something secret')
  if (typeof value === 'string') {
    if (holdsPrivateKey(value)) refuse(path, name, 'holds a private key')
    if (holdsToken(value)) refuse(path, name, 'holds a token')
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
