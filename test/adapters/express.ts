import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express, { type ErrorRequestHandler } from 'express'
import { StoreUnavailableError } from 'signet-jwt'
import { requireAccess, requireRole, requireScope, signetErrors } from 'signet-jwt/express'
import { COOKIE_SECRET, OTHER_AUDIENCE, type Start } from './app.ts'

export const startExpress: Start = async (signet) => {
  const app = express()
  const access = requireAccess(signet)
  const maybe = requireAccess(signet, { optional: true })
  const answer: express.RequestHandler = (_req, res) => void res.json({})
  app.options('/edit', access, requireRole('editor'), (_req, res) => void res.status(204).end())
  app.get('/me', access, (req, res) => {
    const { sub, role } = access.claims(req)
    const proved: 'editor' | 'reader' = role
    res.json({ sub, role: proved, same: (req as { auth?: unknown }).auth === access.claims(req) })
  })
  app.get('/edit', access, requireRole('editor', 'admin'), answer)
  app.get('/write', access, requireScope('read', 'write'), answer)
  app.get('/maybe', maybe, (req, res) => {
    // @ts-expect-error there may be no claims
    assert.ok(maybe.claims(req) === undefined || maybe.claims(req).sub)
    res.json({ sub: maybe.claims(req)?.sub ?? null })
  })
  app.get('/maybe/edit', maybe, requireRole('editor'), answer)
  app.get('/cookie', requireAccess(signet, { from: { cookie: 'token' } }), answer)
  const signed = { cookie: 'token', secret: ['newer', COOKIE_SECRET] }
  app.get('/signed', requireAccess(signet, { from: signed }), answer)
  app.get('/other', requireAccess(signet, { audience: OTHER_AUDIENCE }), answer)
  app.get('/broken', () => {
    throw new Error('of the application')
  })
  app.get('/store', async () => {
    throw new StoreUnavailableError('the store does not answer')
  })
  app.get('/early', (req, res) => void res.json(access.claims(req)))
  app.get('/early/role', requireRole('editor'), answer)
  const last: ErrorRequestHandler = (error, _req, res, _next) => {
    res.status(error.status ?? 500).json({ passedOn: error.message })
  }
  app.use(signetErrors(), last)
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    name: 'Express',
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
