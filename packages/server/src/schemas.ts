/** The shapes that requests and answers of several routes share. */
import { z } from 'zod'

/** Text as it goes into tokens. Half a surrogate pair has no UTF-8, so two different ones would become one subject. */
export const text = z
  .string()
  .min(1, 'must not be empty')
  .max(255, 'must have at most 255 characters')
  .refine((value) => value.isWellFormed(), 'must be well-formed Unicode')

/** Space-separated, each name printable ASCII (RFC 6749 section 3.3). */
export const scope = text.regex(
  /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/,
  'must be names of printable ASCII with one space between them',
)

const AUDIENCE_RULE = 'must be a text or a list of 1 to 20 texts'

export const audience = z.union(
  [text, z.array(text).min(1, AUDIENCE_RULE).max(20, AUDIENCE_RULE)],
  AUDIENCE_RULE,
)

/** Their rules (names, size, depth) are the library's, which says what is wrong with them. */
export const claims = z.record(z.string(), z.unknown())

/** What the application knows of the device that logs in. */
export const context = z.strictObject({
  deviceLabel: text.exactOptional(),
  userAgent: z
    .string()
    .min(1, 'must not be empty')
    .max(1024, 'must have at most 1024 characters')
    .exactOptional(),
  ip: text.exactOptional(),
})

export const waitFor = z.enum(['store', 'fleet']).exactOptional()

const instant = z.union([z.date(), z.iso.datetime()])

export const pair = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresInSeconds: z.number(),
  accessExpiresAt: instant,
  refreshExpiresAt: instant,
  sessionId: z.string(),
  scope: z.string().optional(),
})

export const accessToken = z.object({
  accessToken: z.string(),
  expiresInSeconds: z.number(),
  accessExpiresAt: instant,
  tokenId: z.string(),
})

export const session = z.object({
  sessionId: z.string(),
  subject: z.string(),
  claims: z.record(z.string(), z.unknown()),
  audience: z.union([z.string(), z.array(z.string())]),
  scope: z.string().optional(),
  clientId: z.string().optional(),
  deviceLabel: z.string().optional(),
  userAgent: z.string().optional(),
  ip: z.string().optional(),
  createdAt: instant,
  refreshedAt: instant,
  refreshedBy: z.string().optional(),
  expiresAt: instant,
})

/** `next` is the `after` of the next page; absent on the last. */
export const sessionPage = z.object({ sessions: z.array(session), next: z.string().optional() })

export const receipt = z.object({
  position: z.string(),
  at: instant,
  appliedBy: z.number(),
  pending: z.array(z.string()),
  silent: z.array(z.string()),
  complete: z.boolean(),
  waitedMs: z.number(),
})

/** The log from a position on; docs/followers.md explains each member. */
export const tail = z.object({
  state: z.enum(['ok', 'resync', 'diverged']),
  head: z.string(),
  entries: z.array(
    z.object({
      position: z.string(),
      id: z.string(),
      kind: z.enum(['token', 'session', 'subject', 'ring']),
      issuer: z.string(),
      key: z.string(),
      epoch: z.number().optional(),
      reason: z.string().optional(),
      atMs: z.number(),
      expiresAtMs: z.number(),
    }),
  ),
  maxLifetimeSeconds: z.record(z.string(), z.number()),
  ringVersion: z.number(),
  ring: z.object({ version: z.number(), withdrawn: z.array(z.string()) }).optional(),
  ageSeconds: z.number(),
  members: z.number().optional(),
})

/** What a follower reports. */
export const followerReport = z.object({
  position: z.string(),
  maxStalenessSeconds: z.number(),
  onStale: z.enum(['deny', 'allow']).optional(),
  ringVersion: z.number().optional(),
})

export const dryRun = z.object({ dryRun: z.literal(true), sessions: z.number().nullable() })
