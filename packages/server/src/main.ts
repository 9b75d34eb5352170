#!/usr/bin/env node
/** The command signet-server: reads its settings, runs until it is told to stop, and says what it does. */
import { InvalidKeyError } from 'signet-jwt/errors'
import { helpText, readConfig } from './config.ts'
import { logError } from './log.ts'
import { type RunningServer, startServer } from './server.ts'
import { SetupError } from './setup-error.ts'
import { curlWalk } from './walk.ts'

try {
  const config = readConfig(process.argv.slice(2), process.env)
  if (config === 'help') console.log(helpText())
  else {
    const server = await startServer(config)
    stopOnSignal(server)
    console.log(greeting(server, config.issuer))
  }
} catch (error) {
  // What the operator can put right is a sentence; anything else is ours and comes with its stack.
  if (error instanceof SetupError || error instanceof InvalidKeyError) console.error(error.message)
  else logError('start', error)
  process.exitCode = 1
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
      logError('stop', error)
      process.exit(1)
    }
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}
