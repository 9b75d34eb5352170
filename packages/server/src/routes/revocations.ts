/** Taking tokens back. */
import type { Claims, Receipt, RevokeTarget, Signet } from 'signet-jwt'
import { InvalidRefreshTokenError, InvalidTokenError } from 'signet-jwt/errors'
import { z } from 'zod'
import { Problem } from '../problem.ts'
import { type Answer, type AnswerKind, route } from '../route.ts'
import * as schemas from '../schemas.ts'

/** What can be revoked; a request names exactly one. */
const targets = {
  token: z
    .string()
    .min(1, 'must not be empty')
    .max(16_384, 'is too long to be a token')
    .exactOptional(),
  tokenId: schemas.text.exactOptional(),
  sessionId: schemas.text.exactOptional(),
  subject: schemas.text.exactOptional(),
  othersThan: z.strictObject({ subject: schemas.text, sessionId: schemas.text }).exactOptional(),
  keyId: schemas.text.exactOptional(),
  everything: z.literal(true).exactOptional(),
}
const targetNames = Object.keys(targets) as (keyof typeof targets)[]

/** What may stand beside the target, and beside which. */
const companions = {
  expiresAt: ['tokenId'],
  issuer: ['tokenId', 'sessionId', 'subject'],
} as const

const revocation = z
  .strictObject({
    ...targets,
    expiresAt: z.iso
      .datetime({ offset: true, error: 'must be an instant, such as 2030-01-31T12:00:00Z' })
      .exactOptional(),
    issuer: schemas.text.exactOptional(),
    waitFor: schemas.waitFor,
    reason: z
      .string()
      .min(1, 'must not be empty')
      .max(200, 'must have at most 200 characters')
      .exactOptional(),
  })
  .superRefine((body, refinement) => {
    const named = targetNames.filter((name) => body[name] !== undefined)
    const [target] = named
    if (target === undefined || named.length > 1) {
      const got = target === undefined ? 'none' : named.join(' and ')
      const message = `must name exactly one of ${targetNames.join(', ')}; it names ${got}`
      refinement.addIssue({ code: 'custom', message })
      return
    }
    for (const [name, beside] of Object.entries(companions)) {
      const isAlone = !(beside as readonly string[]).includes(target)
      if (body[name as keyof typeof companions] !== undefined && isAlone) {
        const message = `goes with ${beside.join(', ')}, not with ${target}`
        refinement.addIssue({ code: 'custom', message, path: [name] })
      }
    }
  })

export const receiptAnswers: { readonly [status: number]: AnswerKind } = {
  200: { description: 'revoked; `complete` when every verifier refuses', body: schemas.receipt },
  202: { description: 'revoked; not every verifier has confirmed it', body: schemas.receipt },
}

/** 202 says that what was waited for has not come about in time: the revocation itself stands. */
export function receiptAnswer(
  receipt: Receipt,
  { waitFor }: { readonly waitFor?: 'store' | 'fleet' },
): Answer {
  return { status: waitFor === 'fleet' && !receipt.complete ? 202 : 200, body: receipt }
}

export const revocationRoutes = [
  route({
    method: 'POST',
    path: '/v1/revocations',
    summary: 'Revokes a token, a session, all of a subject, a key, or everything.',
    access: { admin: 'revoke' },
    input: { query: z.strictObject({ dryRun: z.enum(['1']).exactOptional() }), body: revocation },
    answers: {
      ...receiptAnswers,
      200: {
        ...receiptAnswers[200],
        body: z.union([schemas.receipt, schemas.dryRun]),
      } as AnswerKind,
    },
    async handle({ body, query }, { signet }) {
      if (query.dryRun === '1') return { status: 200, body: await wouldHit(signet, body) }
      const { waitFor, reason, expiresAt, ...rest } = body
      const expiry = expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }
      const target = { ...rest, ...expiry } as RevokeTarget
      const options = {
        ...(waitFor === undefined ? {} : { waitFor }),
        ...(reason === undefined ? {} : { reason }),
      }
      try {
        return receiptAnswer(await signet.revoke(target, options), options)
      } catch (error) {
        // The caller's credential is the admin key; this token is only a field of its body.
        if (error instanceof InvalidTokenError || error instanceof InvalidRefreshTokenError) {
          throw foreignToken()
        }
        throw error
      }
    },
  }),
]

function foreignToken(): Problem {
  const detail = "'token' is no token of this issuer"
  return new Problem({ status: 400, detail, errors: [{ detail, pointer: '#/token' }] })
}

/**
 * How much a revocation would hit: sessions that would end; null where that is every session there is, which nobody
 * counts.
 */
async function wouldHit(
  signet: Signet<Claims>,
  target: { readonly [name in keyof typeof targets]?: unknown },
): Promise<z.output<typeof schemas.dryRun>> {
  const count = (sessions: number | null) => ({ dryRun: true as const, sessions })
  const { subject, othersThan, sessionId, token } = target as {
    readonly subject?: string
    readonly othersThan?: { readonly subject: string; readonly sessionId: string }
    readonly sessionId?: string
    readonly token?: string
  }
  if (subject !== undefined) return count(await countSessions(signet, subject))
  if (othersThan !== undefined) {
    const kept = await signet.sessions.get(othersThan.sessionId)
    const all = await countSessions(signet, othersThan.subject)
    return count(kept?.subject === othersThan.subject ? all - 1 : 0)
  }
  if (sessionId !== undefined)
    return count(Number((await signet.sessions.get(sessionId)) !== undefined))
  if (token !== undefined) {
    const told = await signet.introspect(token)
    // A refresh token stands for its session, an access token for itself alone.
    return count(told.active && told.token_type === undefined ? 1 : 0)
  }
  return count('tokenId' in target ? 0 : null)
}

async function countSessions(signet: Signet<Claims>, subject: string): Promise<number> {
  let count = 0
  let after: string | undefined
  do {
    const page = await signet.sessions.list({ subject, limit: 500, ...(after && { after }) })
    count += page.sessions.length
    after = page.next
  } while (after !== undefined)
  return count
}
