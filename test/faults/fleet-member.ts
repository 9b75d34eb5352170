/** A verifier in a process of its own, which is asked about tokens by messages: one member of a fleet under test. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createSignet } from '../../packages/signet/src/signet.ts'
import { type EnginePlace, openEngine } from './engines.ts'

export interface FleetOptions {
  readonly place: EnginePlace
  readonly secret: string
  readonly maxStalenessSeconds: number
}

export const issuer = 'https://issuer.example'

export async function openSignet({ place, secret, maxStalenessSeconds }: FleetOptions) {
  const store = await openEngine(place)
  const signet = await createSignet({
    issuer,
    secret,
    store,
    revocation: { maxStalenessSeconds },
  })
  return { signet, store }
}

/** How many of the tokens asked about were accepted, refused, or could not be judged. */
export interface Verdict {
  readonly accepted: readonly number[]
  readonly refused: number
  readonly stale: number
}

export class FleetMember {
  readonly child: ChildProcess
  readonly #answers = new Map<number, (verdict: Verdict | undefined) => void>()
  #asked = 0

  private constructor(child: ChildProcess) {
    this.child = child
    child.on('message', ({ number, verdict }: { number: number; verdict: Verdict }) => {
      this.#answers.get(number)?.(verdict)
      this.#answers.delete(number)
    })
    child.on('exit', () => {
      for (const answer of this.#answers.values()) answer(undefined)
    })
  }

  static async start(options: FleetOptions): Promise<FleetMember> {
    const child = fork(import.meta.filename, [JSON.stringify(options)], {
      execArgv: ['--conditions=@signet-jwt/source', '--disable-warning=ExperimentalWarning'],
    })
    const member = new FleetMember(child)
    await once(child, 'message')
    return member
  }

  /** Resolves with undefined when the process has been killed meanwhile. */
  check(tokens: readonly string[]): Promise<Verdict | undefined> {
    if (!this.child.connected) return Promise.resolve(undefined)
    const number = ++this.#asked
    return new Promise((resolve) => {
      this.#answers.set(number, resolve)
      this.child.send({ number, tokens }, (error) => {
        if (error !== null) resolve(undefined)
      })
    })
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const exit = once(this.child, 'exit')
    // A stopped process hears nothing but this.
    this.child.kill('SIGKILL')
    await exit
  }
}

async function main(options: FleetOptions): Promise<void> {
  const { signet } = await openSignet(options)
  process.on('message', ({ number, tokens }: { number: number; tokens: readonly string[] }) => {
    // In the first tick after the message, and so in the first after a stop: no beat has had a chance to help.
    const accepted: number[] = []
    const counts = { refused: 0, stale: 0 }
    for (const [place, token] of tokens.entries()) {
      try {
        signet.verify(token)
        accepted.push(place)
      } catch (error) {
        counts[(error as Error).name === 'StaleRevocationsError' ? 'stale' : 'refused'] += 1
      }
    }
    process.send?.({ number, verdict: { accepted, ...counts } satisfies Verdict })
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.({})
}

if (import.meta.main) await main(JSON.parse(process.argv[2] as string))
