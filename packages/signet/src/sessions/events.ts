/** What happens to sessions, told to whoever keeps the books. No event holds a token, a key or a secret. */
import type { LeaseState } from '../revocation/lease-monitor.ts'

/**
 * - issued, rotated, repeated, superseded, reused, expired: what a presentation came to (rotation.ts)
 * - recovered: the token was newer than the store, which has lost writes
 * - refused: a genuine refresh token of a session that is over, or not its holder's
 * - shared: five generations in a row were each asked for twice, so two parties may hold the session; it goes on
 * - revoked: a revocation was acknowledged
 * - stale: nothing has been heard of revocations for half of maxStalenessSeconds · lapsed: for all of it, so verify
 *   refuses (or accepts unchecked, with onStale 'allow') · fresh: it is up to date again
 * - lostWrites: the log lacks what this process has applied; and again once everything missing has been given back
 * - error: something failed in the background and will be tried again
 */
export type SessionEventType =
  | 'issued'
  | 'rotated'
  | 'repeated'
  | 'superseded'
  | 'reused'
  | 'recovered'
  | 'refused'
  | 'shared'
  | 'expired'
  | 'revoked'
  | 'stale'
  | 'lapsed'
  | 'fresh'
  | 'lostWrites'
  | 'error'

export interface SignetEvent {
  readonly type: SessionEventType
  readonly at: Date
  readonly sessionId?: string
  readonly subject?: string
  /** One line for people: what was odd, or of a revocation the reason that was given. */
  readonly reason?: string
  /** Of `revoked`: what was taken back. */
  readonly target?: 'token' | 'session' | 'subject' | 'key' | 'everything'
  /** Of `error`: what went wrong. */
  readonly error?: unknown
}

/** @param givenBack revocations written again, or undefined while that has only been noticed */
export function lostWrites(at: Date, givenBack: number | undefined): SignetEvent {
  const reason =
    givenBack === undefined
      ? 'the store has lost acknowledged writes: reading its log again'
      : `the store has been given back ${givenBack} revocations that it had lost`
  return { type: 'lostWrites', at, reason }
}

/** @param age milliseconds without news of revocations; infinite when what is known is in doubt */
export function leaseEvent(state: LeaseState, age: number, at: Date): SignetEvent {
  const heard = Number.isFinite(age) ? `for ${(age / 1000).toFixed(1)} s` : 'that can be relied on'
  const reason =
    state === 'fresh'
      ? 'revocations are heard of again'
      : `nothing has been heard of revocations ${heard}`
  return { type: state, at, reason }
}

export type Listener = (event: SignetEvent) => void

/**
 * A listener that can neither slow down nor break what it listens to: it is called in a later turn of the event loop,
 * when the answer that the event is about has been handed on.
 */
export function harmless(listener: Listener | undefined): Listener {
  if (listener === undefined) return () => {}
  return (event) => {
    setImmediate(() => {
      try {
        // A listener declared async returns a promise whatever its type says; its rejection must not end the process.
        Promise.resolve(listener(event) as unknown).catch(() => {})
      } catch {
        // What a listener throws is its own affair: the session went on before it was told.
      }
    })
  }
}
