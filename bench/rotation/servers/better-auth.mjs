/**
 * better-auth with its OAuth provider on SQLite, as a program: a file in a temporary directory, Node's own driver, WAL.
 * Access tokens are JWTs signed with ES256 for a resource. `--reuse <seconds>` sets refreshTokenReuseInterval.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { oauthProvider } from '@better-auth/oauth-provider'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { jwt } from 'better-auth/plugins'
import { AUDIENCE, CLIENT_ID, serve } from './seed.ts'

const { values } = parseArgs({ options: { reuse: { type: 'string', default: '0' } } })
const directory = mkdtempSync(join(tmpdir(), 'signet-bench-'))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
process.on('SIGTERM', () => process.exit())
const database = new DatabaseSync(join(directory, 'auth.db'))
database.exec('PRAGMA journal_mode = WAL')

const SESSION_SECONDS = 14 * 86_400
const scopes = ['openid', 'offline_access', 'api']

serve(async (origin) => {
  const auth = betterAuth({
    baseURL: origin,
    secret: randomBytes(32).toString('hex'),
    database,
    logger: { level: 'error' },
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    plugins: [
      jwt({ jwks: { keyPairConfig: { alg: 'ES256' } } }),
      oauthProvider({
        loginPage: '/login',
        consentPage: '/consent',
        scopes,
        resources: [{ identifier: AUDIENCE, allowedScopes: scopes }],
        enforcePerClientResources: false,
        cachedResources: new Set([AUDIENCE]),
        cachedTrustedClients: new Set([CLIENT_ID]),
        accessTokenExpiresIn: 1800,
        refreshTokenExpiresIn: SESSION_SECONDS,
        refreshTokenReuseInterval: Number(values.reuse),
        silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
      }),
    ],
  })
  await (await getMigrations(auth.options)).runMigrations()
  const { adapter } = await auth.$context
  await adapter.create({
    model: 'oauthClient',
    data: {
      clientId: CLIENT_ID,
      tokenEndpointAuthMethod: 'none',
      grantTypes: ['authorization_code', 'refresh_token'],
      responseTypes: ['code'],
      redirectUris: ['https://app.example/callback'],
      scopes,
      disabled: false,
      createdAt: new Date(),
    },
  })
  return { listener: toNodeHandler(auth), seed: (subject) => seed(adapter, subject) }
})

/** A row as the plugin writes it after an authorization code: the token's SHA-256 in base64url. */
async function seed(adapter, subject) {
  const now = new Date()
  const email = `${subject}@example.com`
  const user =
    (await adapter.findOne({
      model: 'user',
      where: [{ field: 'email', value: email }],
    })) ??
    (await adapter.create({
      model: 'user',
      data: { email, name: subject, emailVerified: true, createdAt: now, updatedAt: now },
    }))
  const token = randomBytes(24).toString('base64url')
  await adapter.create({
    model: 'oauthRefreshToken',
    data: {
      token: createHash('sha256').update(token).digest('base64url'),
      clientId: CLIENT_ID,
      userId: user.id,
      scopes: ['offline_access', 'api'],
      resources: [AUDIENCE],
      createdAt: now,
      expiresAt: new Date(now.getTime() + SESSION_SECONDS * 1000),
    },
  })
  return token
}
