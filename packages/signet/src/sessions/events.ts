/** What happens to sessions, told to whoever keeps the books. No event holds a token, a key or a secret. */

/**
 * - issued, rotated, repeated, superseded, reused, expired: what a presentation came to (rotation.ts)
 * - recovered: the token was newer than the store, which has lost writes · revoked: a revocation was acknowledged
 * - lostWrites: the log lacks what this process has applied; and again once everything missing has been given back
 */
export type SessionEventType =
  | 'issued'
  | 'rotated'
  | 'repeated'
  | 'superseded'
  | 'reused'
  | 'recovered'
  | 'expired'
  | 'revoked'
  | 'lostWrites'
  | 'error'

export interface SignetEvent {
  readonly type: SessionEventType
  readonly at: Date
  readonly sessionId?: string
  readonly subject?: string
  readonly reason?: string
  /** Of `error`: what went wrong in the background; the next attempt may succeed. */
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

export type Listener = (event: SignetEvent) => void

/** A listener that can neither slow down nor break what it listens to. */
export function harmless(listener: Listener | undefined): Listener {
  if (listener === undefined) return () => {}
  return (event) =>
    queueMicrotask(() => {
      try {
        // A listener declared async returns a promise whatever its type says; its rejection must not end the process.
        Promise.resolve(listener(event) as unknown).catch(() => {})
      } catch {
        // What a listener throws is its own affair: the session went on before it was told.
      }
    })
}
