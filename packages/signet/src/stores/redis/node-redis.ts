/** A client of `redis` (node-redis) as a driver. It writes what was asked in one turn of the event loop at once. */
import { type Blocking, type Driver, type Emitter, listen } from './driver.ts'

/** What is used of the client that `createClient` of `redis` makes, from version 5 on. */
export interface NodeRedisClient extends Emitter {
  readonly isOpen: boolean
  connect(): Promise<unknown>
  sendCommand(command: string[]): Promise<unknown>
  duplicate(overrides?: object): NodeRedisClient
  destroy(): void
}

const TROUBLE = ['error', 'end', 'reconnecting']

export function nodeRedisDriver(client: NodeRedisClient): Driver {
  const send = (command: readonly string[]) => client.sendCommand(command as string[])
  return {
    connect: async () => client.isOpen || (await client.connect()),
    send: (_key, command) => send(command),
    wait: async (_key, replicas, milliseconds) =>
      Number(await send(['WAIT', String(replicas), String(milliseconds)])),
    primaries: async () => [send],
    duplicate: () => blocking(client.duplicate()),
    onTrouble: (listener) => listen(client, TROUBLE, listener),
  }
}

function blocking(client: NodeRedisClient): Blocking {
  // Without a listener an error event would end the process; what fails is told to whoever sends.
  client.on('error', () => {})
  let connected: Promise<unknown> | undefined
  return {
    send: async (_key, command) => {
      connected ??= client.connect()
      await connected
      return client.sendCommand(command as string[])
    },
    close: () => {
      if (client.isOpen) client.destroy()
    },
  }
}
