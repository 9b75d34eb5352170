import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { type Handler, Hono } from 'hono'
import { StoreUnavailableError } from 'signet-jwt'
import { requireAccess, requireRole, requireScope, signetErrors } from 'signet-jwt/hono'
import { COOKIE_SECRET, OTHER_AUDIENCE, type Start } from './app.ts'

export const startHono: Start = async (signet) => {
  const access = requireAccess(signet)
  const maybe = requireAccess(signet, { optional: true })
  const answer: Handler = (c) => c.json({})
  const signed = { cookie: 'token', secret: ['newer', COOKIE_SECRET] }
  // One statement a route: in a chain Hono's types give every route the variables of those before it.
  const app = new Hono()
  app.options('/edit', access, requireRole('editor'), (c) => c.body(null, 204))
  app.get('/me', access, (c) => {
    const { sub, role } = c.var.auth
    const proved: 'editor' | 'reader' = role
    return c.json({ sub, role: proved, same: c.var.auth === access.claims(c) })
  })
  app.get('/edit', access, requireRole('editor', 'admin'), answer)
  app.get('/write', access, requireScope('read', 'write'), answer)
  app.get('/maybe', maybe, (c) => {
    // @ts-expect-error there may be no claims
    assert.ok(maybe.claims(c) === undefined || maybe.claims(c).sub)
    return c.json({ sub: c.var.auth?.sub ?? null })
  })
  app.get('/maybe/edit', maybe, requireRole('editor'), answer)
  app.get('/cookie', requireAccess(signet, { from: { cookie: 'token' } }), answer)
  app.get('/signed', requireAccess(signet, { from: signed }), answer)
  app.get('/other', requireAccess(signet, { audience: OTHER_AUDIENCE }), answer)
  app.get('/broken', () => {
    throw new Error('of the application')
  })
  app.get('/store', () => {
    throw new StoreUnavailableError('the store does not answer')
  })
  app.get('/early', (c) => c.json(access.claims(c)))
  app.get('/early/role', requireRole('editor'), answer)
  app.onError(signetErrors((error, c) => c.json({ passedOn: error.message }, 500)))
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  if (server.address() === null) await once(server, 'listening')
  return {
    name: 'Hono',
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      if ('closeAllConnections' in server) server.closeAllConnections()
      server.close()
    },
  }
}
