import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { request as rawRequest } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { createSignet, generateKey, type Signet, sign } from 'signet-jwt'
import * as express from 'signet-jwt/express'
import * as fastify from 'signet-jwt/fastify'
import * as hono from 'signet-jwt/hono'
import * as node from 'signet-jwt/node'
import { type App, COOKIE_SECRET, type Custom, OTHER_AUDIENCE, type Start } from './app.ts'
import { startExpress } from './express.ts'
import { startFastify } from './fastify.ts'
import { startHono } from './hono.ts'
import { startNode } from './node.ts'

const issuer = 'https://issuer.example'
const adapters = { Express: express, Fastify: fastify, Hono: hono, 'node:http': node }
const starts: { readonly [name in keyof typeof adapters]: Start } = {
  Express: startExpress,
  Fastify: startFastify,
  Hono: startHono,
  'node:http': startNode,
}

for (const [name, start] of Object.entries(starts)) {
  describe(`the adapter for ${name}`, () => {
    let signet: Signet<Custom>
    let app: App

    before(async () => {
      signet = await createSignet<Custom>({ issuer })
      app = await start(signet)
    })
    after(async () => {
      await app.close()
      await signet.close()
    })

    const login = (role: Custom['role'], scope?: string) =>
      signet.issue({ subject: '42', claims: { role }, ...(scope === undefined ? {} : { scope }) })
    const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      fetch(app.origin + path, { headers, method })
    const json = async (response: Response) =>
      (await response.json()) as { readonly [name: string]: string | undefined }
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

    it('lets a good token through and gives its claims, typed', async () => {
      const { accessToken } = await login('editor')
      const response = await get('/me', bearer(accessToken))
      assert.deepEqual(await response.json(), { sub: '42', role: 'editor', same: true })
    })

    it('challenges a request without a token', async () => {
      const response = await get('/me')
      assert.equal(response.status, 401)
      assert.doesNotMatch(response.headers.get('www-authenticate') ?? '', /error/)
      assert.equal(response.headers.get('cache-control'), 'no-store')
      assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
      assert.equal((await json(response)).error, 'missing_token')
    })

    it('refuses bad, revoked and foreign tokens by the table', async () => {
      const { accessToken, refreshToken, sessionId } = await login('editor')
      await signet.revoke({ sessionId })
      for (const token of [accessToken, refreshToken, 'a.b.c', 'x', '%00']) {
        const response = await get('/me', bearer(token))
        assert.equal(response.status, 401)
        assert.match(
          response.headers.get('www-authenticate') ?? '',
          /^Bearer error="invalid_token"/,
        )
      }
      const misplaced = await get('/me', bearer(refreshToken))
      assert.match((await json(misplaced)).error_description ?? '', /not an access token/)
    })

    it('asks once, and does not wait for ever, for a key that is not known', async () => {
      const options = { lifetimeSeconds: 60, issuer, typ: 'at+jwt' }
      const key = generateKey('ES256')
      const token = sign({ sub: '42', aud: issuer, type: 'access' }, key, options)
      const response = await get('/me', bearer(token))
      assert.equal(response.status, 401)
      assert.match((await json(response)).error_description ?? '', /key that is not known/)
    })

    it('takes exactly one Authorization header', async () => {
      const { accessToken } = await login('editor')
      const status = await new Promise((resolve, reject) => {
        const headers = ['Host', 'x', 'Authorization', `Bearer ${accessToken}`]
        const twice = [...headers, 'Authorization', 'Bearer x']
        rawRequest(`${app.origin}/me`, { headers: twice }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
          .on('error', reject)
          .end()
      })
      assert.equal(status, 401)
    })

    it('asks for one of the roles, and for all of the scopes', async () => {
      const editor = await login('editor', 'read write')
      const reader = await login('reader', 'read')
      assert.equal((await get('/edit', bearer(editor.accessToken))).status, 200)
      assert.equal((await get('/edit', bearer(reader.accessToken))).status, 403)
      assert.equal((await get('/write', bearer(editor.accessToken))).status, 200)
      const refused = await get('/write', bearer(reader.accessToken))
      assert.equal(refused.status, 403)
      const challenge = refused.headers.get('www-authenticate') ?? ''
      assert.match(challenge, /^Bearer error="insufficient_scope"/)
    })

    it('lets a request without a token through where it is optional, and no bad token', async () => {
      const { accessToken } = await login('reader')
      assert.deepEqual(await (await get('/maybe')).json(), { sub: null })
      assert.deepEqual(await (await get('/maybe', bearer(accessToken))).json(), { sub: '42' })
      assert.equal((await get('/maybe', bearer('x'))).status, 401)
      assert.equal((await get('/maybe/edit')).status, 401)
    })

    it('reads a cookie instead of the header when told so', async () => {
      const { accessToken } = await login('reader')
      assert.equal((await get('/cookie', { cookie: `a=b; token=${accessToken}` })).status, 200)
      assert.equal((await get('/cookie', bearer(accessToken))).status, 401)
      const twice = `token=${accessToken}; token=${accessToken}`
      assert.equal((await get('/cookie', { cookie: twice })).status, 401)
    })

    it('reads a signed cookie as its framework and others write it', async () => {
      const { accessToken } = await login('reader')
      const mac = createHmac('sha256', COOKIE_SECRET).update(accessToken).digest('base64')
      const plain = mac.replace('=', '')
      for (const value of [`${accessToken}.${mac}`, `s:${accessToken}.${plain}`]) {
        const cookie = `token=${encodeURIComponent(value)}`
        assert.equal((await get('/signed', { cookie })).status, 200)
      }
      const bad = [accessToken, `${accessToken}.`, `${accessToken}.${plain}A`, `x.${plain}`, '%']
      for (const value of bad) {
        assert.equal((await get('/signed', { cookie: `token=${value}` })).status, 401, value)
      }
    })

    it('checks another audience where the route has one', async () => {
      const { accessToken } = await login('reader')
      assert.equal((await get('/other', bearer(accessToken))).status, 401)
      const claims = { role: 'reader' } as const
      const other = await signet.issue({ subject: '42', audience: OTHER_AUDIENCE, claims })
      assert.equal((await get('/other', bearer(other.accessToken))).status, 200)
      assert.equal((await get('/me', bearer(other.accessToken))).status, 401)
    })

    it('lets CORS preflights pass, and other OPTIONS requests only with a token', async () => {
      const preflight = { origin: 'https://a.example', 'access-control-request-method': 'POST' }
      assert.equal((await get('/edit', preflight, 'OPTIONS')).status, 204)
      assert.equal((await get('/edit', {}, 'OPTIONS')).status, 401)
    })

    it('answers a store that is away with 503 and when to try again', async () => {
      const response = await get('/store')
      assert.equal(response.status, 503)
      assert.match(response.headers.get('retry-after') ?? '', /^\d+$/)
    })

    it('passes errors of the application on, and mistakes in the order of things', async () => {
      assert.deepEqual(await json(await get('/broken')), { passedOn: 'of the application' })
      assert.match((await json(await get('/early'))).passedOn ?? '', /has not passed/)
      const role = await json(await get('/early/role'))
      assert.match(role.passedOn ?? '', /comes after requireAccess/)
    })

    it('refuses wrong options by name', () => {
      const adapter = adapters[name as keyof typeof adapters]
      const requireAccess = adapter.requireAccess as (
        verifier: unknown,
        options?: object,
      ) => unknown
      const wrong = (options: object) => () => requireAccess(signet, options)
      assert.throws(wrong({ optinal: true }), /did you mean 'optional'/)
      assert.throws(wrong({ from: { cookie: 'a b' } }), /from\.cookie/)
      assert.throws(wrong({ from: { cookie: 'a', secret: '' } }), /from\.secret/)
      assert.throws(wrong({ audience: 5 }), /'audience'/)
      assert.throws(() => requireAccess(undefined), /needs a verifier/)
      assert.throws(() => adapter.requireRole(), /at least one/)
    })
  })
}

it('Hono answers other errors as it does by itself unless it is told otherwise', async (t) => {
  t.mock.method(console, 'error', () => {})
  const { Hono } = await import('hono')
  const { HTTPException } = await import('hono/http-exception')
  const app = new Hono()
  app.onError(hono.signetErrors())
  app.get('/teapot', () => {
    throw new HTTPException(418)
  })
  app.get('/broken', () => {
    throw new Error('of the application')
  })
  assert.equal((await app.request('/teapot')).status, 418)
  assert.equal((await app.request('/broken')).status, 500)
})
