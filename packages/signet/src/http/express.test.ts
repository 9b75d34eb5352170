import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import express from 'express'
import { createSignet, generateSecret } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import { requireAccess, requireRole, requireScope, signetErrors } from './express.ts'

/** An app on a free port, and how to ask it. */
async function bench() {
  const time = { now: Date.now() }
  const store = memoryStore()
  const signet = await createSignet<{ readonly role?: string }>({
    issuer: 'https://api.example',
    secret: generateSecret(),
    store,
    clock: () => new Date(time.now),
  })
  const app = express()
  const access = requireAccess(signet)
  const errors: unknown[] = []
  app.get('/me', access, (req, res) => {
    res.json({ sub: access.claims(req).sub, role: access.claims(req).role })
  })
  app.all('/any', access, (_req, res) => {
    res.json({ passed: true })
  })
  app.get('/editors', access, requireRole('editor', 'admin'), (_req, res) => {
    res.json({ passed: true })
  })
  app.get('/writers', access, requireScope('read', 'write'), (_req, res) => {
    res.json({ passed: true })
  })
  app.get('/maybe', requireAccess(signet, { optional: true }), (req, res) => {
    res.json({ auth: (req as { auth?: { sub: string } }).auth?.sub ?? 'nobody' })
  })
  app.get('/cookie', requireAccess(signet, { from: { cookie: 'access' } }), (_req, res) => {
    res.json({ passed: true })
  })
  app.get('/lax', requireAccess(signet, { onStale: 'allow' }), (_req, res) => {
    res.json({ passed: true })
  })
  app.get('/unguarded', (req, res) => {
    res.json(access.claims(req))
  })
  app.get('/role-alone', requireRole('editor'), (_req, res) => {
    res.json({ passed: true })
  })
  app.use(signetErrors())
  app.use(((error, _req, res, _next) => {
    errors.push(error)
    res.status(500).end()
  }) as express.ErrorRequestHandler)
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`http://127.0.0.1:${port}${path}`, { method, headers })
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  return {
    signet,
    time,
    errors,
    ask,
    bearer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await signet.close()
    },
  }
}

describe('requireAccess in Express', () => {
  it('lets a good token pass and knows whose it is', async () => {
    await using at = await bench()
    const { accessToken } = await at.signet.issue({ subject: '42', claims: { role: 'editor' } })
    const response = await at.ask('/me', at.bearer(accessToken))
    assert.deepEqual(await response.json(), { sub: '42', role: 'editor' })
  })

  it('answers 401 with a bare challenge without a token, and with a reason for a bad one', async () => {
    await using at = await bench()
    const none = await at.ask('/me')
    assert.deepEqual([none.status, none.headers.get('www-authenticate')], [401, 'Bearer'])
    const bad = await at.ask('/me', at.bearer('not.a.token'))
    assert.equal(bad.status, 401)
    assert.match(bad.headers.get('www-authenticate') ?? '', /^Bearer error="invalid_token"/)
    const odd = await at.ask('/me', { authorization: 'Bearer a b' })
    assert.equal(odd.status, 400)
  })

  it('refuses a revoked token at the next request', async () => {
    await using at = await bench()
    const { accessToken } = await at.signet.issue({ subject: '42' })
    assert.equal((await at.ask('/any', at.bearer(accessToken))).status, 200)
    await at.signet.revoke({ subject: '42' })
    assert.equal((await at.ask('/any', at.bearer(accessToken))).status, 401)
  })

  it('answers 503 with Retry-After when revocations are stale, but where a route goes on', async () => {
    await using at = await bench()
    const { accessToken } = await at.signet.issue({ subject: '42' })
    await at.signet.close()
    const stale = await at.ask('/any', at.bearer(accessToken))
    assert.deepEqual([stale.status, stale.headers.get('retry-after')], [503, '1'])
    assert.equal((await at.ask('/lax', at.bearer(accessToken))).status, 200)
  })

  it('lets a preflight pass, which carries no credentials', async () => {
    await using at = await bench()
    assert.equal((await at.ask('/any', {}, 'OPTIONS')).status, 200)
  })

  it('takes no token as nobody where it is optional, but never a bad one', async () => {
    await using at = await bench()
    assert.deepEqual(await (await at.ask('/maybe')).json(), { auth: 'nobody' })
    const { accessToken } = await at.signet.issue({ subject: '42' })
    assert.deepEqual(await (await at.ask('/maybe', at.bearer(accessToken))).json(), { auth: '42' })
    assert.equal((await at.ask('/maybe', at.bearer('bad'))).status, 401)
  })

  it('reads a cookie only where it was told to, and then no header', async () => {
    await using at = await bench()
    const { accessToken } = await at.signet.issue({ subject: '42' })
    assert.equal((await at.ask('/cookie', { cookie: `access=${accessToken}` })).status, 200)
    assert.equal((await at.ask('/cookie', at.bearer(accessToken))).status, 401)
    assert.equal((await at.ask('/any', { cookie: `access=${accessToken}` })).status, 401)
  })

  it('requires one of the roles, and all of the scopes', async () => {
    await using at = await bench()
    const issue = async (options: object) =>
      at.bearer((await at.signet.issue({ subject: '42', ...options })).accessToken)
    assert.equal((await at.ask('/editors', await issue({ claims: { role: 'admin' } }))).status, 200)
    const user = await at.ask('/editors', await issue({ claims: { role: 'user' } }))
    assert.equal(user.status, 403)
    assert.match(user.headers.get('www-authenticate') ?? '', /insufficient_scope/)
    assert.equal((await at.ask('/editors', await issue({}))).status, 403)
    assert.equal((await at.ask('/writers', await issue({ scope: 'write read more' }))).status, 200)
    assert.equal((await at.ask('/writers', await issue({ scope: 'read' }))).status, 403)
  })

  it('tells the programmer when claims are read on a route that is not guarded', async () => {
    await using at = await bench()
    assert.equal((await at.ask('/unguarded')).status, 500)
    assert.match(String(at.errors[0]), /TypeError: claims\(req\) before requireAccess/)
    assert.equal((await at.ask('/role-alone')).status, 401)
  })

  it('asks the store once for the token of a key that is newer than its ring', async () => {
    await using at = await bench()
    let asked = 0
    const access = requireAccess({
      ...at.signet,
      verify: at.signet.verify,
      verifyAsync: (token, options) => {
        asked++
        return at.signet.verifyAsync(token, options)
      },
    })
    assert.equal(typeof access, 'function')
    const stranger = await createSignet({ issuer: 'https://api.example' })
    const { accessToken } = await stranger.issue({ subject: '42' })
    const request = { method: 'GET', headers: { authorization: `Bearer ${accessToken}` } }
    await assert.rejects(async () => access(request as never, {} as never, () => {}))
    assert.equal(asked, 0, 'a secret from outside has no kid to ask for')
    await stranger.close()
  })

  it('refuses misspelt options when the route is made', async () => {
    await using at = await bench()
    assert.throws(
      () => requireAccess(at.signet, { optionl: true } as never),
      /did you mean 'optional'/,
    )
    assert.throws(() => requireAccess({} as never), /takes a verifier/)
  })
})
