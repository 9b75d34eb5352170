/**
 * oidc-provider as a program, with its in-memory adapter, or on Redis with `--redis <url>`. Refresh tokens rotate at every use; access tokens are JWTs signed
 * with ES256 for a resource server (resource indicators), as its documentation has it for APIs. JavaScript, because the
 * types of what only bench/package.json installs are not there when types are checked.
 */
import { parseArgs } from 'node:util'
import { Provider } from 'oidc-provider'
// Its own adapter, over a Map: the default keeps a thousand entries and forgets sessions under load.
import MemoryAdapter, { setStorage } from 'oidc-provider/lib/adapters/memory_adapter.js'
import { exportJwk, generateKey } from 'signet-jwt'
import { redisAdapter } from './redis-adapter.mjs'
import { AUDIENCE, CLIENT_ID, serve } from './seed.ts'

const { values } = parseArgs({ options: { redis: { type: 'string' } } })
setStorage(new Map())
const { adapter, clear } =
  values.redis === undefined
    ? { adapter: MemoryAdapter, clear: async () => {} }
    : redisAdapter(values.redis)
process.on('SIGTERM', () => clear().then(() => process.exit()))

const DAY_SECONDS = 86_400

serve(async (origin) => {
  const provider = new Provider(origin, {
    adapter,
    jwks: { keys: [exportJwk(generateKey('ES256', { kid: 'bench' }), 'private')] },
    clients: [
      {
        client_id: CLIENT_ID,
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: ['https://app.example/callback'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    cookies: { keys: ['a key for cookies that nobody is sent here'] },
    findAccount: async (_, accountId) => ({
      accountId,
      claims: async () => ({ sub: accountId }),
    }),
    rotateRefreshToken: true,
    ttl: { AccessToken: 1800, RefreshToken: 14 * DAY_SECONDS, Grant: 90 * DAY_SECONDS },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => AUDIENCE,
        useGrantedResource: async () => true,
        getResourceServerInfo: async () => ({
          scope: 'api',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  })
  provider.on('server_error', (_context, error) => console.error(error))
  return { listener: provider.callback(), seed: (subject) => seed(provider, subject) }
})

/** A grant and a refresh token, as the code exchange of a user who has consented leaves them. */
async function seed(provider, subject) {
  const client = await provider.Client.find(CLIENT_ID)
  const grant = new provider.Grant({ accountId: subject, clientId: CLIENT_ID })
  grant.addResourceScope(AUDIENCE, 'api')
  grant.addOIDCScope('offline_access')
  const token = new provider.RefreshToken({
    accountId: subject,
    client,
    grantId: await grant.save(),
    gty: 'authorization_code',
    scope: 'offline_access api',
    resource: AUDIENCE,
    claims: {},
  })
  return token.save()
}
