/** `signet inspect`: what stands in a token, its times as distances, and one line of verdict. */
import { type Claims, type DecodedToken, decodeUnverified, tryVerify } from '../../codec.ts'
import type { Call, Command } from '../command.ts'
import { hasKey, keyOptions, keyUsage, readKeyOrSet } from '../key-input.ts'
import { paint, printable, printDistance, printJson } from '../print.ts'
import { readToken, readVerifyOptions, verifyOptions, verifyUsage } from '../token-input.ts'

interface Verdict {
  readonly verdict: 'valid' | 'refused' | 'not verified'
  readonly reason: string
  readonly code?: string
}

export const inspect: Command = {
  usage: `inspect [${keyUsage}] ${verifyUsage} [--json] [TOKEN]`,
  summary: 'Show the header, claims and times of a token; with a key, verify it, too.',
  options: { ...keyOptions, ...verifyOptions, json: { type: 'boolean' } },
  operands: 1,
  run: (call) => {
    const token = readToken(call)
    const decoded = decodeUnverified(token)
    const verdict = judge(token, decoded, call)
    const output = call.flag('json')
      ? printJson({ header: decoded.header, claims: decoded.claims, ...verdict })
      : printToken(decoded, verdict, call)
    return { output: `${output}\n`, exitCode: verdict.verdict === 'refused' ? 1 : 0 }
  },
}

function judge(token: string, { claims }: DecodedToken, call: Call): Verdict {
  if (!hasKey(call)) {
    return {
      verdict: 'not verified',
      reason: `no key was given; it says that it ${printEnd(claims, call)}`,
    }
  }
  const result = tryVerify(token, readKeyOrSet(call), readVerifyOptions(call))
  if (result.ok) return { verdict: 'valid', reason: printEnd(claims, call) }
  return { verdict: 'refused', reason: result.error.message, code: result.error.code }
}

function printEnd({ exp }: Claims, { world }: Call): string {
  if (typeof exp !== 'number') return 'has no end'
  const distance = exp - world.now.getTime() / 1000
  return `${distance > 0 ? 'expires' : 'expired'} ${printDistance(distance)}`
}

const colours = { valid: 'green', refused: 'red', 'not verified': 'yellow' } as const

function printToken(
  { header, claims }: DecodedToken,
  { verdict, reason, code }: Verdict,
  { world }: Call,
): string {
  const times = (['iat', 'nbf', 'exp'] as const).flatMap((name) => {
    const seconds = claims[name]
    return typeof seconds === 'number' ? [`${name.padEnd(8)}${printTime(seconds, world.now)}`] : []
  })
  const line = `${verdict}: ${printable(reason)}${code === undefined ? '' : ` (${code})`}`
  return [
    `header  ${printJson(header)}`,
    `claims  ${printJson(claims)}`,
    ...times,
    `verdict ${paint(line, colours[verdict], world.colour)}`,
  ].join('\n')
}

function printTime(seconds: number, now: Date): string {
  const time = new Date(seconds * 1000)
  const text = Number.isNaN(time.getTime()) ? `${seconds} s after 1970` : time.toISOString()
  return `${text}  ${printDistance(seconds - now.getTime() / 1000)}`
}
