/**
 * What the store needs of a Postgres client. Each driver file translates one client to this and decides nothing: values go
 * in as text, and rows come back as whatever the client makes of text and integers, so no client's type settings matter.
 */

export type SqlValue = string | null

export interface Row {
  readonly [column: string]: unknown
}

export interface Statement {
  /** Under which a connection keeps the prepared statement; undefined: it is parsed each time. */
  readonly name: string | undefined
  readonly text: string
  readonly values: readonly SqlValue[]
}

export type Run = (statement: Statement) => Promise<readonly Row[]>

export interface Listener {
  readonly onHeard: (payload: string) => void
  /** The connection is gone; nothing more will be heard. */
  readonly onLost: () => void
}

export interface Driver {
  /**
   * One statement, which is a transaction of its own.
   *
   * @param timeout milliseconds for a connection and the answer; afterwards the statement may still take effect
   */
  run(statement: Statement, timeout: number): Promise<readonly Row[]>
  /** What `body` runs is one transaction on one connection, undone when it throws. `settings` are run in it first. */
  transaction<T>(settings: string, timeout: number, body: (run: Run) => Promise<T>): Promise<T>
  /** Listens on a connection of its own from when the promise resolves; answers how to stop. */
  listen(channel: string, listener: Listener): Promise<() => void>
}

/** The answer took longer than it may. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
}

/** The result of `work`, or TimeoutError after `milliseconds`; then `giveUp` is told, and what `work` does is ignored. */
export async function within<T>(
  work: Promise<T>,
  milliseconds: number,
  giveUp: () => void = () => {},
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new TimeoutError(`no answer within ${milliseconds} ms`))
      giveUp()
    }, milliseconds)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
    // The loser of the race may still fail, and nobody is left to hear it.
    work.catch(() => {})
  }
}
