/** Taking tokens back. */
import type { RevokeOptions, RevokeTarget } from 'signet-jwt'
import { z } from 'zod'
import { asked } from '../problem.ts'
import { adminKey, route } from '../route.ts'
import { present } from './sessions.ts'

const text = z.string().min(1).max(16_384)

/** The members of every target; that exactly one is named, and with what, the library says better than a schema. */
const target = {
  token: text.optional(),
  tokenId: text.optional(),
  expiresAt: z.iso.datetime({ offset: true }).optional(),
  sessionId: text.optional(),
  subject: text.optional(),
  othersThan: z.strictObject({ subject: text, sessionId: text }).optional(),
  keyId: text.optional(),
  everything: z.literal(true).optional(),
  issuer: text.optional(),
}

export const revocationRoutes = [
  route({
    method: 'POST',
    path: '/v1/revocations',
    summary: 'Revoke a token, a session, a subject, a key or everything',
    access: adminKey('revoke'),
    body: z.strictObject({
      ...target,
      waitFor: z.enum(['store', 'fleet']).optional(),
      waitTimeoutSeconds: z.number().min(0).max(60).optional(),
      reason: z.string().min(1).max(200).optional(),
    }),
    handle: async ({ signet, body }) => {
      const { waitFor, waitTimeoutSeconds, reason, expiresAt, ...rest } = body
      const named = {
        ...rest,
        ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
      }
      const options: RevokeOptions = present({ waitFor, waitTimeoutSeconds, reason })
      return {
        status: 200,
        body: await asked(signet.revoke(present(named) as unknown as RevokeTarget, options)),
      }
    },
  }),
]
