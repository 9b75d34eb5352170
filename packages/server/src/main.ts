#!/usr/bin/env node
/** The command signet-server: reads its settings, does what it is told, and says what it does. */
import { InvalidKeyError } from 'signet-jwt/errors'
import { runKeys } from './commands/keys.ts'
import { type CommandLine, helpText, readCommandLine } from './config.ts'
import { prepareDataDirectory } from './data-directory.ts'
import { createLog } from './log.ts'
import { type RunningServer, startServer } from './server.ts'
import { SetupError } from './setup-error.ts'
import { curlWalk } from './walk.ts'

try {
  await run(readCommandLine(process.argv.slice(2), process.env))
} catch (error) {
  // What the operator can put right is a sentence; anything else is ours and comes with its stack.
  if (error instanceof SetupError || error instanceof InvalidKeyError) console.error(error.message)
  else createLog('error', (line) => process.stderr.write(line)).error('start', error)
  process.exitCode = 1
}

async function run(line: CommandLine): Promise<void> {
  switch (line.command) {
    case 'help':
      return console.log(helpText())
    case 'keys': {
      const { adminKeysPath } = prepareDataDirectory(line.config)
      return console.log(runKeys(adminKeysPath, line, new Date()))
    }
    case 'serve': {
      const server = await startServer(line.config)
      stopOnSignal(server)
      console.log(greeting(server, line.config.issuer))
    }
  }
}

function greeting({ url, directory }: RunningServer, issuer: string): string {
  return `Signet listens on ${url}

  issuer      ${issuer}
  data        ${directory.path}
  admin key   ${directory.adminKeyPath}   (keep it: it issues tokens for anyone)

Try it: paste this into another terminal.

${curlWalk(url, directory.adminKeyPath)}
Stop with Ctrl-C.`
}

/** The first signal lets requests finish, the second does not wait for them. */
function stopOnSignal(server: RunningServer): void {
  let isStopping = false
  const stop = async (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(1)
    isStopping = true
    console.log(`\nSignet stops (${signal})`)
    try {
      await server.close()
      process.exit(0)
    } catch (error) {
      createLog('error', (line) => process.stderr.write(line)).error('stop', error)
      process.exit(1)
    }
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}
