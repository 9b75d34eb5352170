import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { StoreUnavailableError } from '../errors.ts'
import { createSignet, type Signet } from '../signet.ts'
import type { Endpoint } from './oauth-endpoint.ts'
import { tokenEndpoint } from './token-endpoint.ts'

describe('tokenEndpoint', () => {
  let signet: Signet<{ role: string }>
  let endpoint: Endpoint

  before(async () => {
    signet = await createSignet<{ role: string }>({ issuer: 'https://issuer.example' })
    endpoint = tokenEndpoint(signet, { defaultClientId: 'app' })
  })
  after(() => signet.close())

  const login = () =>
    signet.issue({
      subject: '42',
      clientId: 'app',
      scope: 'read write',
      claims: { role: 'editor' },
    })

  function post(form: string | Record<string, string>, headers: Record<string, string> = {}) {
    const request = new Request('https://issuer.example/oauth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    })
    return endpoint(request)
  }

  async function refused(answer: Promise<Response>, status: number, error: string) {
    const response = await answer
    assert.equal(response.status, status)
    assert.equal(response.headers.get('cache-control'), 'no-store')
    const body = (await response.json()) as { [name: string]: string }
    assert.equal(body.error, error)
    assert.match(body.error_description ?? '', /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
    return response
  }

  it('exchanges a refresh token, with and without its client_id', async () => {
    const pair = await login()
    const response = await post({
      grant_type: 'refresh_token',
      refresh_token: pair.refreshToken,
      unknown: 'ignored',
    })
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('cache-control'), 'no-store')
    assert.equal(response.headers.get('pragma'), 'no-cache')
    const body = (await response.json()) as { [name: string]: string }
    assert.equal(body.token_type, 'Bearer')
    assert.equal(body.scope, 'read write')
    assert.equal(Number(body.expires_in), 1800)
    assert.equal(signet.verify(body.access_token ?? '').role, 'editor')
    const again = await post({
      grant_type: 'refresh_token',
      refresh_token: body.refresh_token ?? '',
      client_id: 'app',
    })
    assert.equal(again.status, 200)
  })

  it('answers every bad refresh token alike', async () => {
    const { refreshToken, accessToken, sessionId } = await login()
    const answers: string[] = []
    const present = async (refresh_token: string, client_id = 'app') => {
      const form = { grant_type: 'refresh_token', refresh_token, client_id }
      const response = await refused(post(form), 400, 'invalid_grant')
      answers.push(JSON.stringify([...response.headers]))
    }
    await present('nonsense')
    await present(accessToken)
    await present(refreshToken, 'another-client')
    await signet.revoke({ sessionId })
    await present(refreshToken)
    assert.equal(new Set(answers).size, 1)
  })

  it('refuses what is no refresh request, in the words of RFC 6749', async () => {
    const token = { grant_type: 'refresh_token', refresh_token: 'x' }
    await refused(post(''), 400, 'invalid_request')
    await refused(post({ grant_type: 'refresh_token' }), 400, 'invalid_request')
    await refused(post('grant_type=refresh_token&refresh_token='), 400, 'invalid_request')
    await refused(post({ grant_type: 'password' }), 400, 'unsupported_grant_type')
    await refused(post({ ...token, scope: 'admin' }), 400, 'invalid_scope')
    await refused(post({ ...token, client_secret: 'x' }), 401, 'invalid_client')
    const twice = 'grant_type=refresh_token&refresh_token=a&refresh_token=b'
    await refused(post(twice), 400, 'invalid_request')
    const json = { 'content-type': 'application/json' }
    await refused(post('{}', json), 400, 'invalid_request')
    await refused(post('x'.repeat(65_537)), 413, 'invalid_request')
    const basic = await refused(post(token, { authorization: 'Basic eDp5' }), 401, 'invalid_client')
    assert.match(basic.headers.get('www-authenticate') ?? '', /^Basic /)
    const get = await endpoint(new Request('https://issuer.example/oauth/token'))
    assert.equal(get.status, 405)
    assert.equal(get.headers.get('allow'), 'POST')
  })

  it('answers 503 with Retry-After when the store is away', async () => {
    const away = tokenEndpoint({
      refresh: () => Promise.reject(new StoreUnavailableError('away', { retryAfterSeconds: 3 })),
    })
    const response = await away(
      new Request('https://issuer.example/oauth/token', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'grant_type=refresh_token&refresh_token=x',
      }),
    )
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('retry-after'), '3')
  })
})
