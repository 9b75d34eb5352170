/**
 * The load, a process of its own: connections that each refresh a session of their own, one refresh after the other, until
 * the time is over. Driven by messages, so that one process serves a whole measurement.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'

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

async function obey(order: LoadOrder, agent: Agent): Promise<LoadResult> {
  const { refreshTokens, milliseconds } = order
  const start = performance.now()
  let refreshes = 0
  const connection = async (token: string) => {
    let current = token
    while (performance.now() - start < milliseconds) {
      current = await refresh(order, current, agent)
      refreshes++
    }
    return current
  }
  const ends = await Promise.all(refreshTokens.map(connection))
  return { refreshTokens: ends, refreshes, milliseconds: performance.now() - start }
}

function refresh(
  { tokenUrl, parameters }: LoadOrder,
  refreshToken: string,
  agent: Agent,
): Promise<string> {
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken, ...parameters }
  const body = new URLSearchParams(form).toString()
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': body.length,
  }
  return new Promise((resolve, reject) => {
    const sent = request(tokenUrl, { method: 'POST', agent, headers }, (answer) => {
      let text = ''
      answer.setEncoding('latin1')
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('error', reject)
      answer.on('end', () => {
        const next = answer.statusCode === 200 && JSON.parse(text).refresh_token
        if (typeof next === 'string' && next !== refreshToken) resolve(next)
        else reject(new Error(`${tokenUrl} answered ${answer.statusCode}: ${text.slice(0, 200)}`))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

if (process.argv[1] === import.meta.filename) {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  process.on('message', (order: LoadOrder) => {
    obey(order, agent).then(
      (result) => process.send?.(result),
      (error) => process.send?.({ failure: String(error) }),
    )
  })
  process.on('disconnect', () => process.exit())
  process.send?.('ready')
}
