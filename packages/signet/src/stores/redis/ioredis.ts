/** A client of `ioredis` as a driver. */
import { type Blocking, type Driver, type Emitter, listen } from './driver.ts'

/** What is used of `new Redis()` of `ioredis`, from version 5 on. */
export interface IoredisClient extends Emitter {
  readonly status: string
  readonly isCluster: boolean
  call(command: string, ...args: string[]): Promise<unknown>
  pipeline(commands: unknown[][]): { exec(): Promise<unknown> }
  duplicate(overrides?: object): IoredisClient
  disconnect(): void
}

const TROUBLE = ['error', 'close', 'reconnecting', 'end']

export function ioredisDriver(client: IoredisClient): Driver {
  const batch = new Batch(client)
  const send = (command: readonly string[]) => batch.send(command)
  return {
    // It connects by itself, at the latest with the first command.
    connect: async () => {},
    send: (_key, command) => send(command),
    wait: async (_key, replicas, milliseconds) =>
      Number(await send(['WAIT', String(replicas), String(milliseconds)])),
    primaries: async () => [send],
    duplicate: () => blocking(client.duplicate(BLOCKING)),
    onTrouble: (listener) => listen(client, TROUBLE, listener),
  }
}

/** A read that blocks takes as long as it is told to, and must not gather others behind it. */
const BLOCKING = { commandTimeout: undefined, enableAutoPipelining: false, lazyConnect: true }

function blocking(client: IoredisClient): Blocking {
  client.on('error', () => {})
  return {
    send: (_key, [name = '', ...args]) => client.call(name, ...args),
    close: () => client.disconnect(),
  }
}

interface Waiting {
  readonly command: readonly string[]
  readonly resolve: (reply: unknown) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Sends what is asked in one turn of the event loop as one pipeline: ioredis writes each single command to the socket by
 * itself, and the system call would be most of its cost.
 */
class Batch {
  readonly #client: IoredisClient
  #waiting: Waiting[] = []

  constructor(client: IoredisClient) {
    this.#client = client
  }

  send(command: readonly string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ command, resolve, reject }) === 1) setImmediate(() => this.#flush())
    })
  }

  #flush(): void {
    const batch = this.#waiting
    this.#waiting = []
    this.#client
      .pipeline(batch.map(({ command }) => ['call', ...command]))
      .exec()
      .then(
        (replies) => {
          for (const [place, { resolve, reject }] of batch.entries()) {
            const [error, reply] = (replies as [Error | null, unknown][])[place] ?? [MISSING]
            if (error) reject(error)
            else resolve(reply)
          }
        },
        (error) => {
          for (const { reject } of batch) reject(error)
        },
      )
  }
}

const MISSING = new Error('the pipeline was answered in part')
