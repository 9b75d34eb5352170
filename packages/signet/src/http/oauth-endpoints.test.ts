import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { generateSecret } from '../codec.ts'
import { RevokedTokenError, StoreUnavailableError } from '../errors.ts'
import { createSignet, type Signet } from '../signet.ts'
import { memoryStore } from '../stores/memory.ts'
import { introspectionEndpoint } from './introspection-endpoint.ts'
import type { OAuthClient } from './oauth-client.ts'
import type { Endpoint } from './oauth-endpoint.ts'
import { revocationEndpoint } from './revocation-endpoint.ts'
import { tokenEndpoint } from './token-endpoint.ts'

const issuer = 'https://issuer.example'
const secret = 'a secret that only the client has'
const clients: readonly OAuthClient[] = [
  { clientId: 'app' },
  { clientId: 'back end', secret },
  { clientId: 'other', secret: 'the secret of the other client' },
]

type Form = Readonly<Record<string, string>>

function post(endpoint: Endpoint, form: Form | string, headers: Form = {}): Promise<Response> {
  return endpoint(
    new Request(`${issuer}/oauth/x`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    }),
  )
}

const basic = (clientId: string, password: string) => {
  const encode = (text: string) => encodeURIComponent(text).replaceAll('%20', '+')
  const text = `${encode(clientId)}:${encode(password)}`
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` }
}

async function refused(
  answer: Promise<Response>,
  status: number,
  error: string,
): Promise<Response> {
  const response = await answer
  const body = (await response.json()) as { [name: string]: string }
  assert.equal(`${response.status} ${body.error}`, `${status} ${error}`, body.error_description)
  assert.equal(response.headers.get('cache-control'), 'no-store')
  assert.equal(response.status === 401, response.headers.has('www-authenticate'))
  return response
}

let signet: Signet<{ role: string }>
before(async () => {
  signet = await createSignet<{ role: string }>({ issuer })
})
after(() => signet.close())

const login = (clientId: string, subject = 'anna') =>
  signet.issue({ subject, clientId, scope: 'read', claims: { role: 'editor' } })

describe('the authentication of clients', () => {
  const token = () => tokenEndpoint(signet, { clients })
  const grant = (refreshToken: string): Form => ({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
  })

  it('takes a secret in the header or in the form, and form-encoded names', async () => {
    const { refreshToken } = await login('back end')
    const first = await post(token(), grant(refreshToken), basic('back end', secret))
    assert.equal(first.status, 200)
    const { refresh_token: next } = (await first.json()) as { refresh_token: string }
    const form = { ...grant(next), client_id: 'back end', client_secret: secret }
    assert.equal((await post(token(), form)).status, 200)
  })

  it('takes a public client by its name, and no secret of it', async () => {
    const { refreshToken } = await login('app')
    const form = { ...grant(refreshToken), client_id: 'app' }
    assert.equal((await post(token(), form)).status, 200)
    await refused(post(token(), { ...form, client_secret: 'x' }), 401, 'invalid_client')
  })

  it('refuses whoever is unknown, proves nothing, or proves it in two ways', async () => {
    const { refreshToken } = await login('back end')
    const form = grant(refreshToken)
    const confidential = { ...form, client_id: 'back end' }
    await refused(post(token(), form), 401, 'invalid_client')
    await refused(post(token(), { ...form, client_id: 'nobody' }), 401, 'invalid_client')
    await refused(post(token(), confidential), 401, 'invalid_client')
    await refused(post(token(), { ...confidential, client_secret: 'x' }), 401, 'invalid_client')
    await refused(post(token(), form, basic('back end', 'x')), 401, 'invalid_client')
    await refused(post(token(), form, basic('nobody', secret)), 401, 'invalid_client')
    await refused(post(token(), form, { authorization: 'Bearer x' }), 401, 'invalid_client')
    await refused(post(token(), form, { authorization: 'Basic !' }), 401, 'invalid_client')
    const twice = { ...confidential, client_secret: secret }
    await refused(post(token(), twice, basic('back end', secret)), 400, 'invalid_request')
    const another = { ...form, client_id: 'app' }
    await refused(post(token(), another, basic('back end', secret)), 400, 'invalid_request')
    const assertion = { ...form, client_assertion: 'x' }
    await refused(post(token(), assertion), 401, 'invalid_client')
  })

  it('binds a session to its client: for another the refresh token is none', async () => {
    const { refreshToken } = await login('app')
    await refused(
      post(token(), grant(refreshToken), basic('back end', secret)),
      400,
      'invalid_grant',
    )
  })

  it('refuses registrations that make no sense, naming them', () => {
    const make = (list: unknown) => () => tokenEndpoint(signet, { clients: list as OAuthClient[] })
    assert.throws(make([{ clientId: 'a' }, { clientId: 'a' }]), /names a twice/)
    assert.throws(make([{ clientId: 'a', secret: 'short' }]), /at least 16 characters/)
    assert.throws(make([{ id: 'a' }]), /unknown option 'id'/)
    assert.throws(make({}), /must be a list/)
  })
})

describe('the revocation endpoint', () => {
  const revoke = () => revocationEndpoint(signet, { clients })
  const asApp = { client_id: 'app' }

  it('revokes an access token, and the session of a refresh token', async () => {
    const one = await login('app')
    const other = await login('app')
    const answer = await post(revoke(), { ...asApp, token: one.accessToken })
    assert.equal(answer.status, 200)
    assert.equal(await answer.text(), '')
    assert.throws(() => signet.verify(one.accessToken), RevokedTokenError)
    const hinted = { ...asApp, token: other.refreshToken, token_type_hint: 'access_token' }
    assert.equal((await post(revoke(), hinted)).status, 200)
    assert.throws(() => signet.verify(other.accessToken), RevokedTokenError)
  })

  it('ends the session of a refresh token that has been rotated away', async () => {
    const first = await login('app')
    const second = await signet.refresh(first.refreshToken, { clientId: 'app' })
    const third = await signet.refresh(second.refreshToken, { clientId: 'app' })
    assert.equal((await post(revoke(), { ...asApp, token: first.refreshToken })).status, 200)
    assert.throws(() => signet.verify(third.accessToken), RevokedTokenError)
  })

  it('answers 200 for what is no token of ours, and for one that is over', async () => {
    const { refreshToken } = await login('app')
    for (const token of [refreshToken, refreshToken, 'nonsense', 'a.b.c', '🦊']) {
      assert.equal((await post(revoke(), { ...asApp, token })).status, 200)
    }
  })

  it("leaves another client's tokens alone", async () => {
    const { accessToken, refreshToken } = await login('other')
    for (const token of [accessToken, refreshToken]) {
      await refused(post(revoke(), { ...asApp, token }), 400, 'invalid_grant')
    }
    assert.equal(signet.verify(accessToken).sub, 'anna')
  })

  it('asks for a token and for the client', async () => {
    await refused(post(revoke(), asApp), 400, 'invalid_request')
    await refused(post(revoke(), { token: 'x' }), 401, 'invalid_client')
    await refused(post(revoke(), 'token=a&token=b&client_id=app'), 400, 'invalid_request')
    assert.equal((await revoke()(new Request(issuer))).status, 405)
  })

  it('never says that it has revoked when the store is away', async () => {
    const away = revocationEndpoint({
      revoke: () => Promise.reject(new StoreUnavailableError('away')),
    })
    const response = await post(away, { token: 'x' })
    assert.equal(response.status, 503)
    assert.ok(response.headers.get('retry-after'))
  })
})

describe('the introspection endpoint', () => {
  const introspect = () => introspectionEndpoint(signet, { clients })
  const asBackEnd = basic('back end', secret)
  const ask = async (token: string) => {
    const response = await post(introspect(), { token }, asBackEnd)
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('cache-control'), 'no-store')
    return (await response.json()) as { readonly [name: string]: unknown }
  }

  it('tells what a good token is, whatever audience it is for', async () => {
    const pair = await signet.issue({
      subject: 'anna',
      clientId: 'app',
      scope: 'read',
      audience: ['https://elsewhere.example'],
      claims: { role: 'editor' },
    })
    const access = await ask(pair.accessToken)
    const { exp, iat, jti, sid, ...rest } = access
    assert.deepEqual(rest, {
      active: true,
      iss: issuer,
      sub: 'anna',
      aud: ['https://elsewhere.example'],
      scope: 'read',
      client_id: 'app',
      token_type: 'Bearer',
    })
    assert.equal(sid, pair.sessionId)
    assert.equal(typeof jti, 'string')
    assert.equal(Number(exp) - Number(iat), 1800)
    const refresh = await ask(pair.refreshToken)
    assert.equal(refresh.active, true)
    assert.equal(refresh.sub, 'anna')
    assert.equal(refresh.token_type, undefined)
  })

  it('says {"active":false} and nothing else of anything that is not good now', async () => {
    const first = await login('app')
    const second = await signet.refresh(first.refreshToken, { clientId: 'app' })
    const elsewhere = await createSignet({ issuer })
    const foreign = await elsewhere.issue({ subject: 'anna' })
    await elsewhere.close()
    const inactive = { active: false }
    for (const token of [
      first.refreshToken,
      foreign.accessToken,
      foreign.refreshToken,
      'x',
      'a.b.c',
    ]) {
      assert.deepEqual(await ask(token), inactive)
    }
    assert.equal((await ask(second.refreshToken)).active, true)
    await signet.revoke({ token: second.accessToken })
    assert.deepEqual(await ask(second.accessToken), inactive)
    await signet.revoke({ subject: 'anna' })
    assert.deepEqual(await ask(second.refreshToken), inactive)
  })

  it('says nothing to whoever has not authenticated', async () => {
    const { accessToken } = await login('app')
    const form = { token: accessToken }
    await refused(post(introspect(), form), 401, 'invalid_client')
    await refused(post(introspect(), { ...form, client_id: 'app' }), 401, 'invalid_client')
    await refused(post(introspect(), form, basic('back end', 'x')), 401, 'invalid_client')
    assert.equal((await introspect()(new Request(issuer))).status, 405)
  })

  it('lets a trusted caller in, by whatever the service trusts', async () => {
    const endpoint = introspectionEndpoint(signet, {
      clients,
      isTrusted: ({ headers }) => headers.get('authorization') === 'Bearer key',
    })
    const { accessToken } = await login('app', 'bert')
    const response = await post(endpoint, { token: accessToken }, { authorization: 'Bearer key' })
    assert.equal(((await response.json()) as { sub: string }).sub, 'bert')
    await refused(
      post(endpoint, { token: 'x' }, { authorization: 'Bearer other' }),
      401,
      'invalid_client',
    )
  })

  it('answers 503 when nobody can say', async () => {
    const store = memoryStore()
    const fragile = await createSignet({ issuer, secret: generateSecret(), store })
    const { refreshToken } = await fragile.issue({ subject: 'anna' })
    const endpoint = introspectionEndpoint(fragile, { isTrusted: () => true })
    Object.assign(store, { getSession: () => Promise.reject(new StoreUnavailableError('away')) })
    assert.equal((await post(endpoint, { token: refreshToken })).status, 503)
    await fragile.close()
  })
})
