/** What a command is: a row of the table in run.ts. */
import type { ParseArgsOptionsConfig } from 'node:util'
import type { Channel, Child } from './process-channel.ts'

export interface Command {
  /** How it is called, for the help: `secret [--env] [--bytes N]`. */
  readonly usage: string
  /** One line for the list of commands. */
  readonly summary: string
  readonly options: ParseArgsOptionsConfig
  /** How many arguments without a name it takes at most. */
  readonly operands: number
  /** @throws UsageError for arguments that make no sense; whatever the library throws is printed as it is */
  readonly run: (call: Call) => Result | Promise<Result>
}

/** A command with its arguments read, and what it may see of the world. */
export interface Call {
  readonly flag: (name: string) => boolean
  readonly text: (name: string) => string | undefined
  readonly operands: readonly string[]
  readonly world: World
}

/** What commands see of the world; main.ts has the real one. */
export interface World {
  readonly now: Date
  /** All of standard input. */
  readonly readInput: () => string
  readonly readFile: (path: string) => string
  readonly variable: (name: string) => string | undefined
  /** Whether the output goes to a terminal that shows colours. */
  readonly colour: boolean
  /** For commands that are more than a question and an answer. */
  readonly processes?: Processes
}

/** What a command sees of other processes and of the time that they share. */
export interface Processes {
  /** Milliseconds on a clock that all processes of the machine share. */
  readonly monotonic: () => number
  /** Shows text while the command is still at work. */
  readonly print: (text: string) => void
  readonly temporaryDirectory: () => { readonly path: string; readonly remove: () => void }
  /** Starts this command with other arguments. */
  readonly startSelf: (args: readonly string[]) => Child
  /** Whoever has started us so; undefined when that was a person. */
  readonly parent: Channel | undefined
}

export interface Result {
  readonly output: string
  /** 1 for a token that was refused. Default 0. */
  readonly exitCode?: 0 | 1
  readonly errors?: string
}

/** The arguments make no sense: answered with the usage line and exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
