/** How commands are given a token and what to hold it to. */
import type { ParseArgsOptionsConfig } from 'node:util'
import type { VerifyOptions } from '../codec.ts'
import { type Call, UsageError } from './command.ts'
import { named } from './key-input.ts'

export const verifyOptions: ParseArgsOptionsConfig = {
  issuer: { type: 'string' },
  audience: { type: 'string' },
  subject: { type: 'string' },
  type: { type: 'string' },
  typ: { type: 'string' },
  tolerance: { type: 'string' },
}

export const verifyUsage =
  '[--issuer ISS] [--audience AUD] [--subject SUB] [--type TYPE] [--typ TYP] [--tolerance SECONDS]'

/** The token: the argument, or else standard input without the white space around it. */
export function readToken({ operands, world }: Call): string {
  const token = (operands[0] ?? world.readInput()).trim()
  if (token === '') throw new UsageError('give a token as the argument or on standard input')
  return token
}

export function readVerifyOptions({ text, world }: Call): VerifyOptions {
  return {
    ...named('issuer', text('issuer')),
    ...named('audience', text('audience')),
    ...named('subject', text('subject')),
    ...named('tokenType', text('type')),
    ...named('typ', text('typ')),
    ...named('clockToleranceSeconds', readSeconds('tolerance', text('tolerance'))),
    now: world.now,
  }
}

/** @throws UsageError for what is no plain number of seconds */
export function readSeconds(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,10}$/.test(text)) throw new UsageError(`--${name} takes a whole number of seconds`)
  return Number(text)
}
