/** `signet thumbprint`: the RFC 7638 thumbprint of a key. */
import { thumbprint as thumbprintOf } from '../../codec.ts'
import type { Command } from '../command.ts'
import { keyOptions } from '../key-input.ts'
import { readKeyFile } from './convert.ts'

export const thumbprint: Command = {
  usage: 'thumbprint [--alg ALG] [--passphrase-env NAME] [FILE]',
  summary: 'Print the RFC 7638 thumbprint of a JWK or PEM key from the file or standard input.',
  options: keyOptions,
  operands: 1,
  run: (call) => ({ output: `${thumbprintOf(readKeyFile(call))}\n` }),
}
