#!/usr/bin/env node
/**
 * The command `signet`. This file alone touches the process: it reads argv, files and standard input, writes to the
 * terminal, starts copies of itself and sets the exit code. Commands that need a database open it through store.ts.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process, { argv, env, execArgv, stderr, stdout } from 'node:process'
import { channelOf, type Endpoint } from './process-channel.ts'
import { runCommand } from './run.ts'

const { exitCode, output, errors } = await runCommand(argv.slice(2), {
  now: new Date(),
  readInput: () => readFileSync(0, 'utf8'),
  readFile: (path) => readFileSync(path, 'utf8'),
  variable: (name) => env[name],
  colour: stdout.isTTY === true && env.NO_COLOR === undefined,
  processes: {
    monotonic: () => Number(process.hrtime.bigint()) / 1e6,
    print: (text) => stdout.write(text),
    temporaryDirectory: () => {
      const path = mkdtempSync(join(tmpdir(), 'signet-'))
      return { path, remove: () => rmSync(path, { recursive: true }) }
    },
    startSelf: (args) => {
      const child = fork(argv[1] as string, args, { execArgv })
      return { ...channelOf(child), pid: child.pid, stop: () => child.kill() }
    },
    parent: process.send === undefined ? undefined : channelOf(process as Endpoint),
  },
})
stdout.write(output)
stderr.write(errors)
process.exitCode = exitCode
