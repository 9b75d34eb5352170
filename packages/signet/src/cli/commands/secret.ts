/** `signet secret`: a new shared secret, ready for an environment file. */
import { generateSecret } from '../../codec.ts'
import { type Command, UsageError } from '../command.ts'

export const secret: Command = {
  usage: 'secret [--env] [--bytes N]',
  summary: 'Make a shared secret of N random bytes (default 32) in hex.',
  options: {
    env: { type: 'boolean' },
    bytes: { type: 'string' },
  },
  operands: 0,
  run: ({ flag, text }) => {
    const size = Number(text('bytes') ?? 32)
    if (!Number.isSafeInteger(size) || size < 32 || size > 1024) {
      throw new UsageError('--bytes takes a whole number from 32 to 1024')
    }
    return { output: `${flag('env') ? 'JWT_SECRET=' : ''}${generateSecret(size)}\n` }
  },
}
