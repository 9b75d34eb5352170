/** `signet keygen`: a new private key. */
import { type Algorithm, exportJwk, exportPem, generateKey } from '../../codec.ts'
import type { Command } from '../command.ts'
import { named } from '../key-input.ts'
import { printJson } from '../print.ts'

export const keygen: Command = {
  usage: 'keygen [ALG] [--kid KID] [--pem]',
  summary: 'Make a private key for ALG (default ES256) as a JWK, or as PEM.',
  options: {
    kid: { type: 'string' },
    pem: { type: 'boolean' },
  },
  operands: 1,
  run: ({ flag, text, operands }) => {
    const key = generateKey((operands[0] ?? 'ES256') as Algorithm, named('kid', text('kid')))
    const output = flag('pem')
      ? exportPem(key, 'private')
      : `${printJson(exportJwk(key, 'private'))}\n`
    return { output }
  },
}
