/** Messages between the command and copies of itself that it has started. */

export interface Channel {
  send(message: object): void
  /** The next message; undefined once the other side is gone. */
  next(): Promise<Message | undefined>
}

export interface Child extends Channel {
  readonly pid: number | undefined
  /** Ends the process. */
  stop(): void
}

export type Message = { readonly [name: string]: unknown }

/** What a child process and the process itself have in common, as far as messages go. */
export interface Endpoint {
  send?(message: object): unknown
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'disconnect', listener: () => void): unknown
}

/** Keeps messages until somebody asks for them. */
export function channelOf(endpoint: Endpoint): Channel {
  const kept: (Message | undefined)[] = []
  const waiting: ((message: Message | undefined) => void)[] = []
  const take = (message: Message | undefined) => {
    const next = waiting.shift()
    if (next === undefined) kept.push(message)
    else next(message)
  }
  endpoint.on('message', (message) => take(message as Message))
  endpoint.on('disconnect', () => take(undefined))
  return {
    send: (message) => {
      endpoint.send?.(message)
    },
    next: () =>
      kept.length > 0
        ? Promise.resolve(kept.shift())
        : new Promise((resolve) => waiting.push(resolve)),
  }
}
