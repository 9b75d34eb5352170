/**
 * The last events of a session, kept in its row so that a log-out can be explained later. One line of text for each, the
 * newest first, in a form that SQL and Lua can write as easily as this file: mark, store milliseconds, the generation
 * presented, and a note, with a space between.
 */

/**
 * - n: a new generation · c: the same, and the store was behind the token · r: the first repeat of a predecessor
 * - u: an old generation came back after the grace · x: revoked
 */
export type HistoryMark = 'n' | 'c' | 'r' | 'u' | 'x'

export interface HistoryEvent {
  readonly mark: HistoryMark
  /** Store milliseconds. */
  readonly at: number
  /** The generation presented; of a revocation the current one. */
  readonly gen: number
  /** The device that presented it, empty when it is that of the event before; of a revocation its reason. */
  readonly note: string
}

/** Older events are forgotten. */
export const HISTORY_LENGTH = 20
/** Notes are cut to so many characters: the history is written again at every rotation. */
export const MAX_NOTE_LENGTH = 60

/** The history with one more event. */
export function remember(history: string, event: HistoryEvent): string {
  const line = `${event.mark} ${event.at} ${event.gen} ${event.note}\n`
  return line + firstLines(history, HISTORY_LENGTH - 1)
}

/** The events of a history, the newest first. */
export function readHistory(history: string): readonly HistoryEvent[] {
  return history
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [mark, at, gen, ...note] = line.split(' ')
      return {
        mark: mark as HistoryMark,
        at: Number(at),
        gen: Number(gen),
        note: note.join(' '),
      }
    })
}

/** A text from outside as a note: one line of bounded length. */
export function noteOf(text: string | undefined): string {
  return (text ?? '')
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, MAX_NOTE_LENGTH)
    .toWellFormed()
}

/** How many of the newest generations in a row each had their predecessor repeated: a sign that two share the session. */
export function sharedGenerations(history: string): number {
  let shared = 0
  let isRepeated = false
  for (const { mark } of readHistory(history)) {
    if (mark === 'r') isRepeated = true
    else if (mark === 'n' && isRepeated) {
      shared += 1
      isRepeated = false
    } else return shared
  }
  return shared
}

function firstLines(text: string, count: number): string {
  let end = 0
  for (let line = 0; line < count; line++) {
    const next = text.indexOf('\n', end)
    if (next === -1) return text
    end = next + 1
  }
  return text.slice(0, end)
}
