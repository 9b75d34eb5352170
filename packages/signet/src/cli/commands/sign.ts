/** `signet sign`: a token from claims in JSON. */
import { type Claims, sign as signToken } from '../../codec.ts'
import { type Call, type Command, UsageError } from '../command.ts'
import { keyOptions, keyUsage, named, parseJson, readKey } from '../key-input.ts'
import { readSeconds } from '../token-input.ts'

export const sign: Command = {
  usage: `sign ${keyUsage} [--lifetime SECONDS] [--issuer ISS] [--audience AUD] [--subject SUB] [--typ TYP] [CLAIMS]`,
  summary: 'Sign claims, a JSON object given as the argument or on standard input, into a token.',
  options: {
    ...keyOptions,
    lifetime: { type: 'string' },
    issuer: { type: 'string' },
    audience: { type: 'string' },
    subject: { type: 'string' },
    typ: { type: 'string' },
  },
  operands: 1,
  run: (call) => {
    const { text, world } = call
    const token = signToken(readClaims(call), readKey(call), {
      ...named('issuer', text('issuer')),
      ...named('audience', text('audience')),
      ...named('subject', text('subject')),
      ...named('typ', text('typ')),
      ...named('lifetimeSeconds', readSeconds('lifetime', text('lifetime'))),
      now: world.now,
    })
    return { output: `${token}\n` }
  },
}

function readClaims({ operands, world }: Call): Claims {
  const claims = parseJson(operands[0] ?? world.readInput())
  if (claims === undefined) throw new UsageError("the claims must be a JSON object, such as '{}'")
  return claims as Claims
}
