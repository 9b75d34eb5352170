/** Finds the command, reads its options, and turns whatever happens into output, errors and an exit code. */
import { parseArgs } from 'node:util'
import { type Command, UsageError } from './command.ts'
import { secret } from './commands/secret.ts'

const commands: ReadonlyMap<string, Command> = new Map([['secret', secret]])

export interface Outcome {
  /** 0 done, 1 refused or failed, 2 called wrongly. */
  readonly exitCode: 0 | 1 | 2
  readonly output: string
  readonly errors: string
}

export function runCommand([name, ...args]: readonly string[]): Outcome {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    return { exitCode: name === undefined ? 2 : 0, output: help(), errors: '' }
  }
  const command = commands.get(name)
  if (command === undefined)
    return failure(2, `unknown command; known are ${[...commands.keys()].join(', ')}`)
  try {
    return { exitCode: 0, output: command.run(readOptions(command, args)), errors: '' }
  } catch (error) {
    if (error instanceof UsageError)
      return failure(2, `${error.message}\nusage: signet ${command.usage}`)
    if (error instanceof Error) return failure(1, error.message)
    throw error
  }
}

function readOptions(command: Command, args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: command.options, strict: true }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the options cannot be read')
  }
}

function failure(exitCode: 1 | 2, message: string): Outcome {
  return { exitCode, output: '', errors: `signet: ${message}\n` }
}

function help(): string {
  const lines = [...commands.values()].map(
    ({ usage, summary }) => `  signet ${usage}\n      ${summary}`,
  )
  return `Usage:\n${lines.join('\n')}\n`
}
