/**
 * The load, a process of its own: connections that each refresh a session of their own, one refresh after the other, until
 * the time is over. Driven by messages, so that one process serves a whole measurement.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Connection } from './connection.ts'

export interface LoadOrder {
  readonly tokenUrl: string
  readonly parameters: { readonly [name: string]: string }
  /** A session for each connection; where they have come to is answered, for the next order. */
  readonly refreshTokens: readonly string[]
  readonly milliseconds: number
}

export interface LoadResult {
  readonly refreshTokens: readonly string[]
  readonly refreshes: number
  readonly milliseconds: number
}

export class Load {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(): Promise<Load> {
    const child = fork(import.meta.filename)
    await once(child, 'message')
    return new Load(child)
  }

  /** @throws Error when any answer was not what it should be: a rate of errors is no rate */
  async run(order: LoadOrder): Promise<LoadResult> {
    const answer = once(this.#child, 'message')
    this.#child.send(order)
    const [result] = (await answer) as [LoadResult | { readonly failure: string }]
    if ('failure' in result) throw new Error(result.failure)
    return result
  }

  stop(): void {
    this.#child.kill()
  }
}

async function obey(order: LoadOrder, connections: readonly Connection[]): Promise<LoadResult> {
  const { refreshTokens, milliseconds } = order
  const start = performance.now()
  let refreshes = 0
  const work = async (token: string, index: number) => {
    let current = token
    while (performance.now() - start < milliseconds) {
      current = await refresh(order, current, connections[index] as Connection)
      refreshes++
    }
    return current
  }
  const ends = await Promise.all(refreshTokens.map(work))
  return { refreshTokens: ends, refreshes, milliseconds: performance.now() - start }
}

async function refresh(
  { tokenUrl, parameters }: LoadOrder,
  refreshToken: string,
  connection: Connection,
): Promise<string> {
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken, ...parameters }
  const { status, body } = await connection.post(new URLSearchParams(form).toString())
  const next = status === 200 && (JSON.parse(body) as { refresh_token?: unknown }).refresh_token
  if (typeof next === 'string' && next !== refreshToken) return next
  throw new Error(`${tokenUrl} answered ${status}: ${body.slice(0, 200)}`)
}

if (process.argv[1] === import.meta.filename) {
  const known = new Map<string, Connection[]>()
  const connectionsTo = ({ tokenUrl, refreshTokens }: LoadOrder) => {
    const connections = known.get(tokenUrl) ?? refreshTokens.map(() => new Connection(tokenUrl))
    known.set(tokenUrl, connections)
    return connections
  }
  process.on('message', (order: LoadOrder) => {
    obey(order, connectionsTo(order)).then(
      (result) => process.send?.(result),
      (error) => process.send?.({ failure: String(error) }),
    )
  })
  process.on('disconnect', () => process.exit())
  process.send?.('ready')
}
