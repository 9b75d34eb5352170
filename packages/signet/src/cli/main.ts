#!/usr/bin/env node
/**
 * The command `signet`. This file alone touches the process: it reads argv, files and standard input, writes to the
 * terminal and sets the exit code. Commands that need a database open it through store.ts.
 */
import { readFileSync } from 'node:fs'
import { argv, env, stderr, stdout } from 'node:process'
import { runCommand } from './run.ts'

const { exitCode, output, errors } = await runCommand(argv.slice(2), {
  now: new Date(),
  readInput: () => readFileSync(0, 'utf8'),
  readFile: (path) => readFileSync(path, 'utf8'),
  variable: (name) => env[name],
  colour: stdout.isTTY === true && env.NO_COLOR === undefined,
})
stdout.write(output)
stderr.write(errors)
process.exitCode = exitCode
