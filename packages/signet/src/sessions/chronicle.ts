/** The last events of a session as people read them: each with the device it came from. */

import { type Context, deviceOf } from './context.ts'
import { type HistoryMark, readHistory } from './history.ts'
import type { SessionRow } from './session-row.ts'

export type PastEventType = 'rotated' | 'recovered' | 'repeated' | 'reused' | 'revoked'

/** Something that happened to a session; the words are those of `onEvent`. */
export interface PastEvent {
  readonly type: PastEventType
  readonly at: Date
  /** The generation of the token presented; of a revocation the session's current one. */
  readonly generation: number
  /** What is known of the device that presented it. Absent of a revocation. */
  readonly device?: string
  /** Of a revocation, when one was given. */
  readonly reason?: string
}

const types: { readonly [mark in HistoryMark]: PastEventType } = {
  n: 'rotated',
  c: 'recovered',
  r: 'repeated',
  u: 'reused',
  x: 'revoked',
}

/** The events of a row, the newest first; older ones than the row keeps are forgotten. */
export function chronicleOf(row: SessionRow): readonly PastEvent[] {
  // An event without a note came from the device of the last rotation before it, or else from that of the login.
  let holder = deviceOf(JSON.parse(row.context) as Context)
  const oldestFirst = readHistory(row.history).toReversed()
  const told = oldestFirst.map(({ mark, at, gen, note }): PastEvent => {
    const event = { type: types[mark], at: new Date(at), generation: gen }
    if (mark === 'x') return { ...event, ...(note === '' ? {} : { reason: note }) }
    const device = note === '' ? holder : note
    if (mark === 'n' || mark === 'c') holder = device
    return { ...event, ...(device === '' ? {} : { device }) }
  })
  return told.toReversed()
}
