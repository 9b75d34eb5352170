/** A Cluster client of `redis` (node-redis) as a driver. It finds the node by the key it is told. */
import { type Blocking, type Driver, type Emitter, listen } from './driver.ts'

/** What is used of the client that `createCluster` of `redis` makes, from version 5 on. */
export interface NodeRedisCluster extends Emitter {
  readonly isOpen: boolean
  readonly masters: readonly unknown[]
  connect(): Promise<unknown>
  sendCommand(
    firstKey: string | undefined,
    isReadonly: boolean | undefined,
    command: string[],
  ): Promise<unknown>
  nodeClient(node: never): unknown
  duplicate(overrides?: object): NodeRedisCluster
  destroy(): void
}

const TROUBLE = ['error', 'node-error', 'node-disconnect', 'node-reconnecting', 'disconnect']

export function nodeRedisClusterDriver(cluster: NodeRedisCluster): Driver {
  const send = (key: string, command: readonly string[]) =>
    cluster.sendCommand(key, false, command as string[])
  return {
    connect: async () => cluster.isOpen || (await cluster.connect()),
    send,
    wait: async (key, replicas, milliseconds) =>
      Number(await send(key, ['WAIT', String(replicas), String(milliseconds)])),
    primaries: () =>
      Promise.all(
        cluster.masters.map(async (master) => {
          const client = (await cluster.nodeClient(master as never)) as {
            sendCommand(command: string[]): Promise<unknown>
          }
          return (command: readonly string[]) => client.sendCommand(command as string[])
        }),
      ),
    duplicate: () => blocking(cluster.duplicate({ minimizeConnections: true })),
    onTrouble: (listener) => listen(cluster, TROUBLE, listener),
  }
}

function blocking(cluster: NodeRedisCluster): Blocking {
  cluster.on('error', () => {})
  let connected: Promise<unknown> | undefined
  return {
    send: async (key, command) => {
      connected ??= cluster.connect()
      await connected
      return cluster.sendCommand(key, false, command as string[])
    },
    close: () => {
      if (cluster.isOpen) cluster.destroy()
    },
  }
}
