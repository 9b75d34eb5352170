#!/usr/bin/env node
/**
 * The command `signet`: a table of commands, each of which turns arguments into text. This file alone touches the
 * process: it reads argv, writes to the terminal and sets the exit code.
 */
import { argv, stderr, stdout } from 'node:process'
import { runCommand } from './run.ts'

const { exitCode, output, errors } = runCommand(argv.slice(2))
stdout.write(output)
stderr.write(errors)
process.exitCode = exitCode
