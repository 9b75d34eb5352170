/** A Cluster client of `ioredis` as a driver. It finds the node by the keys in the command. */
import { type Blocking, type Driver, type Emitter, listen } from './driver.ts'

/** What is used of `new Cluster()` of `ioredis`, from version 5 on. */
export interface IoredisCluster extends Emitter {
  readonly status: string
  readonly isCluster: boolean
  call(command: string, ...args: string[]): Promise<unknown>
  pipeline(commands: unknown[][]): { exec(): Promise<unknown> }
  nodes(role: 'master'): { call(command: string, ...args: string[]): Promise<unknown> }[]
  duplicate(startupNodes?: never[], overrides?: object): IoredisCluster
  disconnect(): void
}

const TROUBLE = ['error', 'node error', '-node', 'close', 'reconnecting', 'end']

export function ioredisClusterDriver(cluster: IoredisCluster): Driver {
  const send = (_key: string, [name = '', ...args]: readonly string[]) =>
    cluster.call(name, ...args)
  return {
    connect: async () => {},
    send,
    wait: async (key, replicas, milliseconds) => {
      // WAIT has no key to be routed by: the one before it takes it to its node.
      const replies = await cluster
        .pipeline([
          ['exists', key],
          ['wait', String(replicas), String(milliseconds)],
        ])
        .exec()
      const [error, count] = (replies as [Error | null, unknown][])[1] ?? [null, 0]
      if (error) throw error
      return Number(count)
    },
    primaries: async () => {
      // The nodes are known once a command has been answered.
      await cluster.call('CLUSTER', 'INFO')
      return cluster.nodes('master').map(
        (node) =>
          ([name = '', ...args]: readonly string[]) =>
            node.call(name, ...args),
      )
    },
    duplicate: () => blocking(cluster.duplicate([], BLOCKING)),
    onTrouble: (listener) => listen(cluster, TROUBLE, listener),
  }
}

/** Replicas would wake us late. */
const BLOCKING = { enableAutoPipelining: false, scaleReads: 'master', lazyConnect: true }

function blocking(cluster: IoredisCluster): Blocking {
  cluster.on('error', () => {})
  return {
    send: (_key, [name = '', ...args]) => cluster.call(name, ...args),
    close: () => cluster.disconnect(),
  }
}
