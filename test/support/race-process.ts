/**
 * A process that refreshes one token many times at once, on a database that other such processes share. It answers each
 * order with what came of it.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { type Claims, createSignet, type Signet } from 'signet-jwt'
import { SignetError, TemporaryError } from 'signet-jwt/errors'
import { sqliteStore } from 'signet-jwt/stores/sqlite'

export interface RaceSetting {
  readonly path: string
  readonly secret: string
  readonly graceSeconds: number
}

export function openRacer({ path, secret, graceSeconds }: RaceSetting): Promise<Signet<Claims>> {
  return createSignet({
    issuer: 'https://issuer.example',
    secret,
    store: sqliteStore(path),
    session: { reuseGraceSeconds: graceSeconds },
  })
}

export interface Order {
  readonly refreshToken: string
  readonly times: number
  /** When to begin, by the wall clock: all processes of a race begin together. */
  readonly at: number
}

/** How often each answer came: an outcome, or the name of an error. */
export interface RaceResult {
  readonly answers: { readonly [answer: string]: number }
  /** Distinct refresh tokens that were handed out. */
  readonly successors: readonly string[]
  /** Answers that were neither tokens, nor "try again", nor a refusal. */
  readonly faults: number
}

export class RaceProcess {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(setting: RaceSetting): Promise<RaceProcess> {
    const child = fork(import.meta.filename, [JSON.stringify(setting)], {
      execArgv: ['--conditions=@signet-jwt/source', '--disable-warning=ExperimentalWarning'],
    })
    await once(child, 'message')
    return new RaceProcess(child)
  }

  async race(order: Order): Promise<RaceResult> {
    const answer = once(this.#child, 'message')
    this.#child.send(order)
    return (await answer)[0] as RaceResult
  }

  async end(): Promise<void> {
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }
}

async function obey(
  signet: Signet<Claims>,
  { refreshToken, times, at }: Order,
): Promise<RaceResult> {
  await pause(Math.max(0, at - Date.now()))
  const answers: Record<string, number> = {}
  const successors = new Set<string>()
  let faults = 0
  const present = async () => {
    try {
      const pair = await signet.refresh(refreshToken)
      successors.add(pair.refreshToken)
      return pair.outcome
    } catch (error) {
      if (!(error instanceof SignetError)) faults++
      return error instanceof TemporaryError ? 'again' : (error as Error).name
    }
  }
  for (const answer of await Promise.all(Array.from({ length: times }, present))) {
    answers[answer] = (answers[answer] ?? 0) + 1
  }
  return { answers, successors: [...successors], faults }
}

if (process.argv[1] === import.meta.filename) {
  const signet = await openRacer(JSON.parse(process.argv[2] ?? '{}') as RaceSetting)
  process.on('message', async (order: Order) => process.send?.(await obey(signet, order)))
  process.on('disconnect', () => process.exit())
  process.send?.({ ready: true })
}
