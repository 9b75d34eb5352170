import assert from 'node:assert/strict'
import { type FastifyError, fastify } from 'fastify'
import { StoreUnavailableError } from 'signet-jwt'
import { requireAccess, requireRole, requireScope, signetErrors } from 'signet-jwt/fastify'
import { COOKIE_SECRET, OTHER_AUDIENCE, type Start } from './app.ts'

export const startFastify: Start = async (signet) => {
  const outer = fastify({ forceCloseConnections: true })
  outer.setErrorHandler<FastifyError>((error, _request, reply) =>
    reply.code(error.statusCode ?? 500).send({ passedOn: error.message }),
  )
  outer.register(async (app) => {
    const access = requireAccess(signet)
    const maybe = requireAccess(signet, { optional: true })
    const answer = async () => ({})
    app.setErrorHandler(signetErrors())
    app.options('/edit', { onRequest: [access, requireRole('editor')] }, async (_request, reply) =>
      reply.code(204).send(),
    )
    app.get('/me', { onRequest: access }, async (request) => {
      const { sub, role } = access.claims(request)
      const proved: 'editor' | 'reader' = role
      const same = (request as { auth?: unknown }).auth === access.claims(request)
      return { sub, role: proved, same }
    })
    app.get('/edit', { onRequest: access, preHandler: requireRole('editor', 'admin') }, answer)
    app.get('/write', { preHandler: [access, requireScope('read', 'write')] }, answer)
    app.get('/maybe', { onRequest: maybe }, async (request) => {
      // @ts-expect-error there may be no claims
      assert.ok(maybe.claims(request) === undefined || maybe.claims(request).sub)
      return { sub: maybe.claims(request)?.sub ?? null }
    })
    app.get('/maybe/edit', { onRequest: [maybe, requireRole('editor')] }, answer)
    const cookie = requireAccess(signet, { from: { cookie: 'token' } })
    app.get('/cookie', { onRequest: cookie }, answer)
    const signed = { cookie: 'token', secret: ['newer', COOKIE_SECRET] }
    app.get('/signed', { onRequest: requireAccess(signet, { from: signed }) }, answer)
    const other = requireAccess(signet, { audience: OTHER_AUDIENCE })
    app.get('/other', { onRequest: other }, answer)
    app.get('/broken', async () => {
      throw new Error('of the application')
    })
    app.get('/store', async () => {
      throw new StoreUnavailableError('the store does not answer')
    })
    app.get('/early', async (request) => access.claims(request))
    app.get('/early/role', { onRequest: requireRole('editor') }, answer)
  })
  const origin = await outer.listen({ port: 0, host: '127.0.0.1' })
  return { name: 'Fastify', origin, close: () => outer.close() }
}
