/** `signet verify`: the claims of a token, or why there are none. */
import { tryVerify } from '../../codec.ts'
import type { Command } from '../command.ts'
import { keyOptions, keyUsage, readKeyOrSet } from '../key-input.ts'
import { printable, printJson } from '../print.ts'
import { readToken, readVerifyOptions, verifyOptions, verifyUsage } from '../token-input.ts'

export const verify: Command = {
  usage: `verify ${keyUsage} ${verifyUsage} [--json] [TOKEN]`,
  summary:
    'Print the claims of a token that is valid; exit with 1 and say why for one that is not.',
  options: { ...keyOptions, ...verifyOptions, json: { type: 'boolean' } },
  operands: 1,
  run: (call) => {
    const result = tryVerify(readToken(call), readKeyOrSet(call), readVerifyOptions(call))
    if (result.ok) {
      return {
        output: `${printJson(call.flag('json') ? { valid: true, claims: result.value } : result.value)}\n`,
      }
    }
    const { code, message } = result.error
    return call.flag('json')
      ? { exitCode: 1, output: `${printJson({ valid: false, code, message })}\n` }
      : { exitCode: 1, output: '', errors: `signet: refused: ${printable(message)} (${code})\n` }
  },
}
