/** How commands are given a key: from a file or a variable, never as an argument, where every process list shows it. */
import type { ParseArgsOptionsConfig } from 'node:util'
import {
  type Algorithm,
  createKeySet,
  importJwk,
  importPem,
  type Key,
  type KeySet,
  secretKey,
} from '../codec.ts'
import { type Call, UsageError } from './command.ts'

export const keyOptions: ParseArgsOptionsConfig = {
  key: { type: 'string' },
  'secret-env': { type: 'string' },
  'secret-file': { type: 'string' },
  'passphrase-env': { type: 'string' },
  alg: { type: 'string' },
  kid: { type: 'string' },
}

export const keyUsage =
  '(--key FILE | --secret-env NAME | --secret-file FILE) [--alg ALG] [--kid KID] [--passphrase-env NAME]'

const sources = ['key', 'secret-env', 'secret-file']

export function hasKey({ text }: Call): boolean {
  return sources.some((name) => text(name) !== undefined)
}

/** @throws UsageError when there is no key, or more than one; InvalidKeyError and its like when there is a bad one */
export function readKeyOrSet(call: Call): Key | KeySet {
  const given = sources.filter((name) => call.text(name) !== undefined)
  if (given.length !== 1) {
    throw new UsageError('give one key: --key FILE, --secret-env NAME or --secret-file FILE')
  }
  const file = call.text('key')
  return file === undefined ? readSecret(call) : readKeyText(call.world.readFile(file), call)
}

/** @throws UsageError when the file holds a set */
export function readKey(call: Call): Key {
  const key = readKeyOrSet(call)
  if ('get' in key) throw new UsageError('the file holds a key set; this command takes one key')
  return key
}

/** A key file: a JWK, a JWK Set or PEM. A text that is neither is not guessed to be a secret. */
export function readKeyText(text: string, call: Call): Key | KeySet {
  const algorithm = call.text('alg') as Algorithm | undefined
  const options = { ...named('kid', call.text('kid')), ...named('algorithm', algorithm) }
  if (text.includes('-----BEGIN')) {
    if (algorithm === undefined)
      throw new UsageError('say which algorithm the PEM key is for: --alg ES256')
    return importPem(text, { ...options, algorithm, ...named('passphrase', readPassphrase(call)) })
  }
  const json = parseJson(text)
  if (json === undefined) {
    throw new UsageError(
      'the key file is neither JSON nor PEM; for a shared secret use --secret-file',
    )
  }
  return 'keys' in json ? createKeySet(json as { keys: object[] }) : importJwk(json, options)
}

function readSecret(call: Call): Key {
  const variable = call.text('secret-env')
  const file = call.text('secret-file')
  // An editor puts a line end after the last line; it is not part of the secret.
  const secret =
    variable === undefined
      ? call.world.readFile(file ?? '').replace(/\r?\n$/, '')
      : call.world.variable(variable)
  const options = { ...named('kid', call.text('kid')), ...named('algorithm', call.text('alg')) }
  return secretKey(secret, options as { algorithm?: 'HS256' })
}

function readPassphrase({ text, world }: Call): string | undefined {
  const variable = text('passphrase-env')
  if (variable === undefined) return undefined
  const passphrase = world.variable(variable)
  if (passphrase === undefined)
    throw new UsageError('the variable named by --passphrase-env is not set')
  return passphrase
}

export function parseJson(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** An option that was given, or nothing: options that are present and undefined are refused. */
export function named<T>(name: string, value: T | undefined): { readonly [name: string]: T } {
  return value === undefined ? {} : { [name]: value }
}
