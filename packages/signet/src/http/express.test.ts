import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as rawRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import express, { type ErrorRequestHandler } from 'express'
import { createSignet, type Signet } from '../signet.ts'
import { requireAccess, requireRole, requireScope, signetErrors } from './express.ts'

interface Custom {
  readonly role: 'editor' | 'reader'
}

describe('the Express adapter', () => {
  let signet: Signet<Custom>
  let server: Server
  let origin: string

  before(async () => {
    signet = await createSignet<Custom>({ issuer: 'https://issuer.example' })
    server = application(signet).listen(0)
    await once(server, 'listening')
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(async () => {
    server.closeAllConnections()
    server.close()
    await signet.close()
  })

  const login = (role: Custom['role'], scope?: string) =>
    signet.issue({ subject: '42', claims: { role }, ...(scope === undefined ? {} : { scope }) })
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(origin + path, { headers, method })
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
    assert.equal((await json(response)).error, 'missing_token')
  })

  it('refuses bad, revoked and foreign tokens by the table', async () => {
    const { accessToken, refreshToken, sessionId } = await login('editor')
    await signet.revoke({ sessionId })
    for (const token of [accessToken, refreshToken, 'a.b.c', 'x', '%00']) {
      const response = await get('/me', bearer(token))
      assert.equal(response.status, 401)
      assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer error="invalid_token"/)
    }
    const misplaced = await get('/me', bearer(refreshToken))
    assert.match((await json(misplaced)).error_description ?? '', /not an access token/)
  })

  it('takes exactly one Authorization header', async () => {
    const { accessToken } = await login('editor')
    const status = await new Promise((resolve, reject) => {
      const headers = ['Host', 'x', 'Authorization', `Bearer ${accessToken}`]
      const twice = [...headers, 'Authorization', 'Bearer x']
      rawRequest(`${origin}/me`, { headers: twice }, (response) => resolve(response.statusCode))
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
    assert.match(
      refused.headers.get('www-authenticate') ?? '',
      /^Bearer error="insufficient_scope"/,
    )
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

  it('checks another audience where the route has one', async () => {
    const { accessToken } = await login('reader')
    assert.equal((await get('/other', bearer(accessToken))).status, 401)
    const other = await signet.issue({
      subject: '42',
      audience: 'https://other.example',
      claims: { role: 'reader' },
    })
    assert.equal((await get('/other', bearer(other.accessToken))).status, 200)
    assert.equal((await get('/me', bearer(other.accessToken))).status, 401)
  })

  it('lets CORS preflights pass, and other OPTIONS requests only with a token', async () => {
    const preflight = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
    assert.equal((await get('/edit', preflight, 'OPTIONS')).status, 204)
    assert.equal((await get('/edit', {}, 'OPTIONS')).status, 401)
  })

  it('passes errors of the application on, and mistakes in the order of middleware', async () => {
    assert.deepEqual(await (await get('/broken')).json(), { passedOn: 'of the application' })
    assert.match((await json(await get('/early'))).passedOn ?? '', /has not passed/)
    assert.match((await json(await get('/early/role'))).passedOn ?? '', /comes after requireAccess/)
  })

  it('refuses wrong options by name', () => {
    // @ts-expect-error an unknown option
    assert.throws(() => requireAccess(signet, { optinal: true }), /did you mean 'optional'/)
    // @ts-expect-error no verifier
    assert.throws(() => requireAccess(undefined), /needs a verifier/)
    assert.throws(() => requireAccess(signet, { from: { cookie: 'a b' } }), /from\.cookie/)
    assert.throws(() => requireRole(), /at least one/)
  })
})

function application(signet: Signet<Custom>) {
  const app = express()
  const access = requireAccess(signet)
  const maybe = requireAccess(signet, { optional: true })
  app.options('/edit', access, requireRole('editor'), (_req, res) => void res.status(204).end())
  app.get('/me', access, (req, res) => {
    const { sub, role } = access.claims(req)
    const proved: 'editor' | 'reader' = role
    const same = (req as { auth?: unknown }).auth === access.claims(req)
    res.json({ sub, role: proved, same })
  })
  app.get('/edit', access, requireRole('editor', 'admin'), (_req, res) => void res.json({}))
  app.get('/write', access, requireScope('read', 'write'), (_req, res) => void res.json({}))
  app.get('/maybe', maybe, (req, res) => {
    // @ts-expect-error there may be no claims
    assert.ok(maybe.claims(req) === undefined || maybe.claims(req).sub)
    res.json({ sub: maybe.claims(req)?.sub ?? null })
  })
  app.get('/maybe/edit', maybe, requireRole('editor'), (_req, res) => void res.json({}))
  app.get('/cookie', requireAccess(signet, { from: { cookie: 'token' } }), (_req, res) => {
    res.json({})
  })
  const other = requireAccess(signet, { audience: 'https://other.example' })
  app.get('/other', other, (_req, res) => void res.json({}))
  app.get('/broken', () => {
    throw new Error('of the application')
  })
  app.get('/early', (req, res) => void res.json(access.claims(req)))
  app.get('/early/role', requireRole('editor'), (_req, res) => void res.json({}))
  const last: ErrorRequestHandler = (error, _req, res, _next) => {
    res.status(500).json({ passedOn: error.message })
  }
  app.use(signetErrors(), last)
  return app
}
