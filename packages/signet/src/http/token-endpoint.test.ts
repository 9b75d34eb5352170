import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { StoreUnavailableError, SupersededRefreshTokenError } from '../errors.ts'
import { createSignet } from '../index.ts'
import { tokenEndpoint } from './token-endpoint.ts'

const url = 'https://issuer.example/oauth/token'

function form(body: string, headers: Record<string, string> = {}): Request {
  return new Request(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  })
}

const refreshing = (token: string, more = '') =>
  form(`grant_type=refresh_token&refresh_token=${token}${more}`)

describe('the token endpoint', () => {
  it('rotates a session and answers in the words of OAuth, uncached', async () => {
    await using signet = await createSignet({ issuer: 'https://issuer.example' })
    const endpoint = tokenEndpoint(signet)
    const { refreshToken } = await signet.issue({
      subject: '42',
      scope: 'read',
      claims: { role: 'editor' },
    })
    const response = await endpoint(refreshing(refreshToken))
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('cache-control'), 'no-store')
    const body = (await response.json()) as Record<string, unknown>
    assert.equal(signet.verify(body.access_token as string).role, 'editor')
    assert.deepEqual([body.token_type, body.expires_in, body.scope], ['Bearer', 1800, 'read'])
    assert.equal(typeof body.refresh_token, 'string')
  })

  it('knows the client of the session, by name or by default', async () => {
    await using signet = await createSignet({ issuer: 'https://issuer.example' })
    const { refreshToken } = await signet.issue({ subject: '42', clientId: 'app' })
    const status = async (endpoint: ReturnType<typeof tokenEndpoint>, more = '') =>
      (await endpoint(refreshing(refreshToken, more))).status
    assert.equal(await status(tokenEndpoint(signet)), 400)
    assert.equal(await status(tokenEndpoint(signet), '&client_id=other'), 400)
    assert.equal(await status(tokenEndpoint(signet), '&client_id=app'), 200)
    assert.equal(await status(tokenEndpoint(signet, { defaultClientId: 'app' })), 200)
  })

  const refused: readonly [string, Request, number, string][] = [
    ['no grant type', form('refresh_token=x'), 400, 'invalid_request'],
    ['another grant type', form('grant_type=password'), 400, 'unsupported_grant_type'],
    ['no refresh token', form('grant_type=refresh_token'), 400, 'invalid_request'],
    ['an empty refresh token', refreshing(''), 400, 'invalid_request'],
    ['a repeated parameter', refreshing('x', '&refresh_token=y'), 400, 'invalid_request'],
    ['a refresh token of nobody', refreshing('x'), 400, 'invalid_grant'],
    ['JSON', form('{}', { 'content-type': 'application/json' }), 400, 'invalid_request'],
    ['too much', refreshing('x'.repeat(9000)), 413, 'invalid_request'],
    ['GET', new Request(url), 405, 'invalid_request'],
  ]
  for (const [what, request, status, error] of refused) {
    it(`answers ${what} with ${status} ${error}`, async () => {
      await using signet = await createSignet({ issuer: 'https://issuer.example' })
      const response = await tokenEndpoint(signet)(request)
      assert.equal(response.status, status)
      assert.equal(response.headers.get('cache-control'), 'no-store')
      assert.equal(((await response.json()) as { error: string }).error, error)
    })
  }

  it('says the same of every refresh token that buys nothing', async () => {
    const time = { now: Date.now() }
    await using signet = await createSignet({
      issuer: 'https://issuer.example',
      clock: () => new Date(time.now),
    })
    const endpoint = tokenEndpoint(signet)
    const answer = async (token: string) => {
      const response = await endpoint(refreshing(token))
      return [response.status, await response.text()]
    }
    const revoked = await signet.issue({ subject: '1' })
    await signet.revoke({ sessionId: revoked.sessionId })
    const reused = await signet.issue({ subject: '2' })
    await signet.refresh(reused.refreshToken)
    time.now += 11_000
    const answers = [
      await answer(revoked.refreshToken),
      await answer(reused.refreshToken),
      await answer('garbage'),
    ]
    assert.deepEqual(answers, Array(3).fill([400, '{"error":"invalid_grant"}']))
  })

  it('answers 503 with Retry-After for what passes by itself', async () => {
    for (const error of [
      new StoreUnavailableError('away'),
      new SupersededRefreshTokenError('later'),
    ]) {
      const response = await tokenEndpoint({ refresh: () => Promise.reject(error) })(
        refreshing('x'),
      )
      assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '1'])
    }
  })

  it('throws what is a bug', async () => {
    const endpoint = tokenEndpoint({ refresh: () => Promise.reject(new Error('bug')) })
    await assert.rejects(endpoint(refreshing('x')), /bug/)
  })
})
