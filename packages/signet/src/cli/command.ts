/** What a command is: a row of the table in run.ts. */
import type { ParseArgsOptionsConfig } from 'node:util'

export interface Command {
  /** How it is called, for the help: `secret [--env] [--bytes N]`. */
  readonly usage: string
  /** One line for the list of commands. */
  readonly summary: string
  readonly options: ParseArgsOptionsConfig
  /** @throws UsageError for arguments that make no sense; whatever the library throws is printed as it is */
  readonly run: (values: Values) => string
}

export type Values = {
  readonly [option: string]: string | boolean | (string | boolean)[] | undefined
}

/** The arguments make no sense: answered with the usage line and exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
