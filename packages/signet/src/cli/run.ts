/** Finds the command, reads its options, and turns whatever happens into output, errors and an exit code. */
import { parseArgs } from 'node:util'
import { type Call, type Command, UsageError, type World } from './command.ts'
import { convert } from './commands/convert.ts'
import { demo } from './commands/demo.ts'
import { inspect } from './commands/inspect.ts'
import { keygen } from './commands/keygen.ts'
import { secret } from './commands/secret.ts'
import { sign } from './commands/sign.ts'
import { thumbprint } from './commands/thumbprint.ts'
import { verify } from './commands/verify.ts'
import { why } from './commands/why.ts'

const commands: ReadonlyMap<string, Command> = new Map(
  Object.entries({ secret, keygen, sign, verify, inspect, thumbprint, convert, why, demo }),
)

export interface Outcome {
  /** 0 done, 1 refused or failed, 2 called wrongly. */
  readonly exitCode: 0 | 1 | 2
  readonly output: string
  readonly errors: string
}

export async function runCommand(
  [name, ...args]: readonly string[],
  world: World,
): Promise<Outcome> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    return { exitCode: name === undefined ? 2 : 0, output: help(), errors: '' }
  }
  const command = commands.get(name)
  if (command === undefined) {
    return failure(2, `unknown command; known are ${[...commands.keys()].join(', ')}`)
  }
  if (args.includes('--help')) {
    return { exitCode: 0, output: `signet ${command.usage}\n${command.summary}\n`, errors: '' }
  }
  try {
    const { output, exitCode = 0, errors = '' } = await command.run(readCall(command, args, world))
    return { exitCode, output, errors }
  } catch (error) {
    if (error instanceof UsageError) {
      return failure(2, `${error.message}\nusage: signet ${command.usage}`)
    }
    if (error instanceof Error) return failure(1, error.message)
    throw error
  }
}

function readCall(command: Command, args: readonly string[], world: World): Call {
  const { values, positionals } = parse(command, args)
  if (positionals.length > command.operands) {
    throw new UsageError(`at most ${command.operands} arguments without a name are taken`)
  }
  return {
    flag: (name) => values[name] === true,
    text: (name) => (typeof values[name] === 'string' ? values[name] : undefined),
    operands: positionals,
    world,
  }
}

function parse({ options }: Command, args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true })
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
  const codes = 'Exit codes: 0 done, 1 refused or failed, 2 called wrongly.'
  return `Usage:\n${lines.join('\n')}\n\n${codes}\n`
}
