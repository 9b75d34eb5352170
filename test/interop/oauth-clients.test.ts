/** OAuth clients that other people wrote, against a server process: discovery, refresh, revocation, introspection. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import * as oidc from 'openid-client'
import { readCommandLine } from '../../packages/server/src/config.ts'
import { type RunningServer, startServer } from '../../packages/server/src/server.ts'
import { freePort } from '../support/free-port.ts'

const secret = 'a secret that only the client has'

let directory: string
let issuer: string
let server: RunningServer

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'signet-oauth-'))
  // The issuer is the server's own URL, so the port is chosen before it starts.
  issuer = `http://localhost:${await freePort()}`
  writeFileSync(join(directory, 'client.secret'), secret)
  const clients = [{ id: 'app' }, { id: 'back end', secretFile: 'client.secret' }]
  const config = { issuer, port: new URL(issuer).port, logLevel: 'silent', clients }
  const path = join(directory, 'signet.json')
  writeFileSync(path, JSON.stringify(config))
  const line = readCommandLine(['--config', path, '--data-directory', join(directory, 'data')], {})
  assert.ok(line.command === 'serve')
  server = await startServer(line.config)
})
after(async () => {
  await server.close()
  rmSync(directory, { recursive: true })
})

async function login(clientId?: string) {
  const response = await fetch(`${issuer}/v1/sessions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${server.directory.adminKey}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      subject: 'anna',
      scope: 'read',
      claims: { role: 'editor' },
      ...(clientId && { clientId }),
    }),
  })
  assert.equal(response.status, 201)
  return (await response.json()) as { readonly accessToken: string; readonly refreshToken: string }
}

const insecure = { [oauth.allowInsecureRequests]: true }

describe('oauth4webapi', () => {
  const client: oauth.Client = { client_id: 'back end' }
  const authenticated = oauth.ClientSecretBasic(secret)

  async function discover() {
    const url = new URL(issuer)
    const response = await oauth.discoveryRequest(url, { ...insecure, algorithm: 'oauth2' })
    return oauth.processDiscoveryResponse(url, response)
  }

  it('discovers, refreshes, introspects and revokes', async () => {
    const as = await discover()
    const { refreshToken } = await login('back end')
    const response = await oauth.refreshTokenGrantRequest(
      as,
      client,
      authenticated,
      refreshToken,
      insecure,
    )
    const refreshed = await oauth.processRefreshTokenResponse(as, client, response)
    assert.equal(refreshed.token_type, 'bearer')
    const { access_token: token, refresh_token: next } = refreshed
    assert.ok(next)
    const introspect = async (which: string) =>
      oauth.processIntrospectionResponse(
        as,
        client,
        await oauth.introspectionRequest(as, client, authenticated, which, insecure),
      )
    const told = await introspect(token)
    assert.deepEqual(
      [told.active, told.sub, told.client_id, told.scope],
      [true, 'anna', 'back end', 'read'],
    )
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, client, authenticated, next, insecure),
    )
    assert.deepEqual(await introspect(token), { active: false })
    assert.deepEqual(await introspect(next), { active: false })
  })

  it('hears invalid_grant of a revoked token, and invalid_client of a wrong secret', async () => {
    const as = await discover()
    const { refreshToken } = await login('back end')
    const refresh = (authentication: oauth.ClientAuth) =>
      oauth
        .refreshTokenGrantRequest(as, client, authentication, refreshToken, insecure)
        .then((response) => oauth.processRefreshTokenResponse(as, client, response))
    await assert.rejects(refresh(oauth.ClientSecretPost('wrong')), (error: unknown) => {
      assert.ok(error instanceof oauth.WWWAuthenticateChallengeError)
      return true
    })
    await oauth.revocationRequest(as, client, authenticated, refreshToken, insecure)
    await assert.rejects(refresh(authenticated), (error: unknown) => {
      assert.ok(error instanceof oauth.ResponseBodyError)
      assert.equal(error.error, 'invalid_grant')
      return true
    })
  })
})

describe('openid-client', () => {
  it('discovers, refreshes and revokes for a public client', async () => {
    const config = await oidc.discovery(new URL(issuer), 'app', undefined, oidc.None(), {
      algorithm: 'oauth2',
      execute: [oidc.allowInsecureRequests],
    })
    const { refreshToken } = await login('app')
    const first = await oidc.refreshTokenGrant(config, refreshToken)
    const second = await oidc.refreshTokenGrant(config, first.refresh_token as string)
    assert.ok((second.expires_in ?? 0) > 0)
    await oidc.tokenRevocation(config, second.refresh_token as string)
    await assert.rejects(
      oidc.refreshTokenGrant(config, second.refresh_token as string),
      /invalid_grant|server responded/,
    )
  })
})

describe('jose', () => {
  it('verifies an access token with the published keys', async () => {
    const { accessToken } = await login()
    const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
    const { payload, protectedHeader } = await jwtVerify(accessToken, keys, {
      issuer,
      audience: issuer,
      typ: 'at+jwt',
    })
    assert.equal(payload.role, 'editor')
    assert.equal(protectedHeader.alg, 'ES256')
  })
})
