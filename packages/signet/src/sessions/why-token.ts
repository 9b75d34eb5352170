/** Why a token is no longer good: what the log and its session say about it. Pure, as why.ts is. */
import type { LogEntry } from '../revocation/entry.ts'
import {
  type Explanation,
  explainSession,
  instant,
  type Reasoning,
  type SessionFacts,
} from './why.ts'

/** Times in milliseconds. */
export interface AccessTokenFacts {
  /** undefined for a token without a session. */
  readonly session: SessionFacts | undefined
  /** The log's entry for the token by its id. */
  readonly tokenEntry: LogEntry | undefined
  /** The log's first entry for its subject that is newer than the token. */
  readonly subjectEntry: LogEntry | undefined
  /** The kid that signed it, when it has been withdrawn. */
  readonly keyWithdrawn: string | undefined
  readonly tokenId: string | undefined
  readonly epoch: number
  readonly expiresAt: number | undefined
  readonly now: number
}

export interface RefreshTokenFacts {
  readonly session: SessionFacts
  readonly keyWithdrawn: string | undefined
  readonly gen: number
  /** SHA-256 of the session secret the token carries. */
  readonly secretHash: string
}

const UNVERIFIED = 'The token was read without its key: this holds if its signature is genuine.'

export function explainAccessToken(facts: AccessTokenFacts): Explanation {
  const session = facts.session === undefined ? undefined : explainSession(facts.session)
  const own = judgeToken(facts)
  if (own === undefined && session !== undefined) {
    return { ...session, sentences: [...session.sentences, UNVERIFIED] }
  }
  const { verdict, sentences } = own ?? nothingKnown(facts)
  return {
    verdict,
    sentences: [...sentences, ...(session?.sentences ?? []), UNVERIFIED],
    ...(session?.sessionId === undefined ? {} : { sessionId: session.sessionId }),
    events: session?.events ?? [],
  }
}

/** What is wrong with the token itself, whatever has become of its session. */
function judgeToken(facts: AccessTokenFacts): Reasoning | undefined {
  const { tokenEntry, subjectEntry, session, keyWithdrawn, epoch, expiresAt, now } = facts
  if (keyWithdrawn !== undefined) return withdrawn(keyWithdrawn)
  if (tokenEntry !== undefined) {
    return {
      verdict: 'revoked',
      sentences: [
        `The token itself was revoked at ${instant(tokenEntry.at)}${reasonOf(tokenEntry)}; its session may go on.`,
      ],
    }
  }
  const cut = subjectEntry?.epoch ?? session?.stored?.cut ?? 0
  if (epoch < cut && session?.stored?.row.revokedAt === undefined) {
    const at = subjectEntry === undefined ? `about ${instant(cut)}` : instant(subjectEntry.at)
    return {
      verdict: 'logged-out-everywhere',
      sentences: [
        `The token is older than the log-out of its whole subject at ${at}${subjectEntry === undefined ? '' : reasonOf(subjectEntry)}. A session that was spared goes on at its next refresh.`,
      ],
    }
  }
  if (expiresAt !== undefined && expiresAt <= now) {
    return { verdict: 'expired', sentences: [`The token expired at ${instant(expiresAt)}.`] }
  }
  return undefined
}

function nothingKnown({ tokenId, expiresAt }: AccessTokenFacts): Reasoning {
  const end = expiresAt === undefined ? '' : `; it ends at ${instant(expiresAt)}`
  const token = tokenId === undefined ? 'the token' : `token ${JSON.stringify(tokenId)}`
  return {
    verdict: 'alive',
    sentences: [`The log holds nothing against ${token}, which has no session${end}.`],
  }
}

export function explainRefreshToken(facts: RefreshTokenFacts): Explanation {
  const { session, secretHash, keyWithdrawn } = facts
  const explained = explainSession(session)
  const row = session.stored?.row
  if (row !== undefined && row.secretHash !== secretHash) {
    return {
      ...explained,
      verdict: 'forged',
      sentences: [
        `The token names session ${row.sid} and does not carry its secret: it was not issued from this store, or somebody made it up.`,
        ...explained.sentences,
      ],
    }
  }
  const own = keyWithdrawn === undefined ? undefined : withdrawn(keyWithdrawn)
  const generation = row === undefined ? [] : [placeOf(facts.gen, row.gen)]
  return {
    ...explained,
    verdict: own?.verdict ?? explained.verdict,
    sentences: [...(own?.sentences ?? []), ...explained.sentences, ...generation, UNVERIFIED],
  }
}

/** How old the token is within its session. */
function placeOf(gen: number, current: number): string {
  if (gen === current) return `The token is of generation ${gen}, the newest.`
  if (gen > current) {
    return `The token is of generation ${gen} and the store knows none above ${current}: it has lost writes.`
  }
  return `The token is of generation ${gen}; ${current} is the newest, so outside the grace it ends the session instead of refreshing it.`
}

function withdrawn(kid: string): Reasoning {
  return {
    verdict: 'key-withdrawn',
    sentences: [
      `The key ${JSON.stringify(kid)} that signed the token was withdrawn, and with it everything it ever signed.`,
    ],
  }
}

function reasonOf({ reason }: LogEntry): string {
  return reason === undefined ? '' : ` (${JSON.stringify(reason)})`
}
