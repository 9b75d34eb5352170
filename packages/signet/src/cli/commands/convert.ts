/** `signet convert`: a key from one form into the other. */
import { exportJwk, exportPem, type Key } from '../../codec.ts'
import { type Call, type Command, UsageError } from '../command.ts'
import { keyOptions, readKeyText } from '../key-input.ts'
import { printJson } from '../print.ts'

export const convert: Command = {
  usage: 'convert --to jwk|pem [--public] [--alg ALG] [--kid KID] [--passphrase-env NAME] [FILE]',
  summary:
    'Convert a JWK or PEM key from the file or standard input; --public leaves the private part out.',
  options: { ...keyOptions, to: { type: 'string' }, public: { type: 'boolean' } },
  operands: 1,
  run: (call) => {
    const key = readKeyFile(call)
    const part = key.canSign && !call.flag('public') ? 'private' : 'public'
    switch (call.text('to')) {
      case 'jwk':
        return { output: `${printJson(exportJwk(key, part))}\n` }
      case 'pem':
        return { output: exportPem(key, part) }
      default:
        throw new UsageError('--to takes jwk or pem')
    }
  },
}

/** The key in the file named by the argument, or on standard input. */
export function readKeyFile(call: Call): Key {
  const [file] = call.operands
  const key = readKeyText(
    file === undefined ? call.world.readInput() : call.world.readFile(file),
    call,
  )
  if ('get' in key) throw new UsageError('the file holds a key set; this command takes one key')
  return key
}
