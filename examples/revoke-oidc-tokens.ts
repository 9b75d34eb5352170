/**
 * Another issuer's tokens, taken back: a stand-in for an OpenID provider (oidc-provider) issues JWTs, and an API that trusts
 * it refuses one of them from the moment it is revoked here. Run:
 * node --conditions=@signet-jwt/source examples/revoke-oidc-tokens.ts
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import {
  createAccessVerifier,
  createRemoteKeySet,
  createSignet,
  decodeUnverified,
  exportJwk,
  generateKey,
  generateSecret,
  RevokedTokenError,
} from 'signet-jwt'
import { memoryStore } from 'signet-jwt/stores/memory'

const audience = 'https://api.example'
const client = { client_id: 'job', client_secret: generateSecret() }

/** The provider, as its documentation sets up JWT access tokens for an API. */
function provider(issuer: string): Provider {
  return new Provider(issuer, {
    clients: [
      {
        ...client,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [exportJwk(generateKey('ES256', { kid: 'theirs' }), 'private')] },
    ttl: { ClientCredentials: 600 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: () => ({
          scope: 'read',
          audience,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  })
}

async function listen(): Promise<{ server: Server; url: string }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, url: `http://localhost:${(server.address() as AddressInfo).port}` }
}

async function obtainToken(issuer: string): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'read', ...client }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}

const { server, url: issuer } = await listen()
server.on('request', provider(issuer).callback())

// Where revocations are made: any Signet on the store. It needs no key of the other issuer.
const store = memoryStore()
const signet = await createSignet({
  issuer: 'https://signet.example',
  secret: generateSecret(),
  store,
})

// What an API does at its start: trust the issuer, and follow the revocations.
const keys = await createRemoteKeySet(`${issuer}/jwks`, { allowHttp: 'loopback' })
const trusted = { issuer, audience, keys, typ: 'at+jwt', maxLifetimeSeconds: 600 }
const verifier = await createAccessVerifier({ issuers: [trusted], revocations: signet.revocations })

function ask(name: string, token: string): void {
  try {
    console.log(`${name} is accepted, for ${verifier.verify(token).client_id}`)
  } catch (error) {
    if (!(error instanceof RevokedTokenError)) throw error
    console.log(`${name} is refused: ${error.message}`)
  }
}

const [first, second] = [await obtainToken(issuer), await obtainToken(issuer)]
ask('the first token', first)
const { jti, sub } = decodeUnverified(first).claims
await signet.revoke({ tokenId: String(jti), issuer }, { waitFor: 'fleet' })
ask('the first token', first)
ask('the second token', second)
await signet.revoke({ subject: String(sub), issuer }, { waitFor: 'fleet' })
ask('the second token', second)

await verifier.close()
keys.close()
await signet.close()
server.closeAllConnections()
server.close()
