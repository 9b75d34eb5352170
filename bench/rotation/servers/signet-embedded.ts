/**
 * Signet inside of an application, as a program: its token endpoint on Node's server, by the adapter that the server
 * package uses. `--store memory` or `--store sqlite`, and `--grace <seconds>`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { getRequestListener } from '@hono/node-server'
import { createSignet, generateSecret } from 'signet-jwt'
import { tokenEndpoint } from 'signet-jwt/http'
import { memoryStore } from 'signet-jwt/stores/memory'
import { sqliteStore } from 'signet-jwt/stores/sqlite'
import { CLIENT_ID, serve } from './seed.ts'

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'memory' },
    grace: { type: 'string', default: '10' },
  },
})

serve(async (origin) => {
  const signet = await createSignet({
    issuer: origin,
    keys: { algorithm: 'ES256', masterKey: generateSecret() },
    store: values.store === 'sqlite' ? sqliteStore(temporaryFile()) : memoryStore(),
    session: { reuseGraceSeconds: Number(values.grace) },
  })
  return {
    listener: getRequestListener(tokenEndpoint(signet)),
    seed: async (subject) => (await signet.issue({ subject, clientId: CLIENT_ID })).refreshToken,
    authenticate: (token) => signet.tryVerify(token).ok,
    // A jump of the wall clock ends the lease. Any entry in the log brings the next beat, and with it a new one.
    settle: async () => {
      await signet.revoke({ tokenId: `wound ${Date.now()}` })
      while (!signet.status().ready) await pause(5)
    },
  }
})

function temporaryFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'signet-bench-'))
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
  process.on('SIGTERM', () => process.exit())
  return join(directory, 'signet.db')
}
