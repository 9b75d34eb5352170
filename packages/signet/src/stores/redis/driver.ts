/** What the store asks of a Redis client, whichever library it comes from. An adapter for each does nothing but translate. */

/** Sends one command and answers what the server said. */
export type Send = (command: readonly string[]) => Promise<unknown>

export interface Driver {
  /** Opens the client's connection if nobody has. */
  connect(): Promise<unknown>
  /** Sends a command to the node that holds `key`, after all that was sent there before. */
  send(key: string, command: readonly string[]): Promise<unknown>
  /** Asks the node that holds `key` to wait until replicas have everything sent to it before; answers how many have. */
  wait(key: string, replicas: number, milliseconds: number): Promise<number>
  /** Every primary, for what each must be asked. */
  primaries(): Promise<readonly Send[]>
  /** A connection of its own, for reads that block: they would hold up everything that is sent after them. */
  duplicate(): Blocking
  /** Calls back when a connection fails or is replaced, with the reason where there is one. Answers how to stop. */
  onTrouble(listener: (reason: unknown) => void): () => void
}

export interface Blocking {
  send(key: string, command: readonly string[]): Promise<unknown>
  /** Closes at once; what waits for an answer fails. */
  close(): void
}

/** The part of Node's EventEmitter that adapters use. */
export interface Emitter {
  on(event: string, listener: (...args: unknown[]) => void): unknown
  off(event: string, listener: (...args: unknown[]) => void): unknown
  listenerCount(event: string): number
}

/** Subscribes to several events of a client, the first argument of which is an error where they have one. */
export function listen(
  emitter: Emitter,
  events: readonly string[],
  listener: (reason: unknown) => void,
): () => void {
  const listening = (...args: unknown[]) => listener(args.find((each) => each instanceof Error))
  for (const event of events) emitter.on(event, listening)
  return () => {
    for (const event of events) emitter.off(event, listening)
  }
}
