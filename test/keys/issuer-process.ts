/**
 * An issuer in a process of its own that rotates its keys by the clock, driven by messages over one SQLite file: one of
 * several servers behind a load balancer.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createSignet, type RevokeTarget } from 'signet-jwt'
import { sqliteStore } from 'signet-jwt/stores/sqlite'

export interface IssuerOptions {
  readonly path: string
  readonly masterKey: string
  readonly rotateEverySeconds?: number
}

/** Short lives, so that keys come and go while one watches; the lease leaves room for a busy machine. */
export const LIFETIME_SECONDS = 3

export function openIssuer({ path, masterKey, ...rotation }: IssuerOptions) {
  return createSignet({
    issuer: 'https://issuer.example',
    keys: { algorithm: 'ES256', masterKey, jwksMaxAgeSeconds: 0, ...rotation },
    store: sqliteStore(path),
    accessLifetimeSeconds: LIFETIME_SECONDS,
    session: { idleLifetimeSeconds: 30 },
    revocation: { maxStalenessSeconds: 5 },
    storeTimeoutSeconds: 4,
  })
}

type Signet = Awaited<ReturnType<typeof openIssuer>>

const commands = {
  issue: async (signet: Signet) => signet.issue({ subject: '42' }),
  refresh: async (signet: Signet, token: string) => signet.refresh(token),
  /** 'accepted', or the name of the error. */
  verify: async (signet: Signet, token: string) => {
    const result = signet.tryVerify(token)
    return result.ok ? 'accepted' : result.error.name
  },
  revoke: async (signet: Signet, target: RevokeTarget) =>
    signet.revoke(target, { waitFor: 'fleet', waitTimeoutSeconds: 20 }),
  keys: async (signet: Signet) => signet.keys.list(),
}

type Commands = typeof commands
type Input<Name extends keyof Commands> = Parameters<Commands[Name]>[1]
type Output<Name extends keyof Commands> = Awaited<ReturnType<Commands[Name]>>

interface Answer {
  readonly number?: number
  readonly value?: unknown
  readonly failed?: string
}

export class IssuerProcess {
  readonly #child: ChildProcess
  readonly #answers = new Map<number, (answer: Answer) => void>()
  #asked = 0

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (answer: Answer) => this.#answers.get(answer.number ?? 0)?.(answer))
  }

  static async start(options: IssuerOptions): Promise<IssuerProcess> {
    const child = fork(import.meta.filename, [JSON.stringify(options)], {
      execArgv: ['--conditions=@signet-jwt/source', '--disable-warning=ExperimentalWarning'],
    })
    await once(child, 'message')
    return new IssuerProcess(child)
  }

  /** @throws Error with the name and message of what the command threw */
  async ask<Name extends keyof Commands>(name: Name, input?: Input<Name>): Promise<Output<Name>> {
    const number = ++this.#asked
    const answer = await new Promise<Answer>((resolve) => {
      this.#answers.set(number, resolve)
      this.#child.send({ number, name, input })
    })
    this.#answers.delete(number)
    if (answer.failed !== undefined) throw new Error(`${name}: ${answer.failed}`)
    return answer.value as Output<Name>
  }

  /** Stops the process as it is; `wake` lets it go on. */
  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  wake(): void {
    this.#child.kill('SIGCONT')
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }
}

async function main(options: IssuerOptions): Promise<void> {
  const signet = await openIssuer(options)
  process.on('message', async (asked: { number: number; name: keyof Commands; input: never }) => {
    const { number, name, input } = asked
    try {
      process.send?.({ number, value: await commands[name](signet, input) })
    } catch (error) {
      const { name: kind, message } = error as Error
      process.send?.({ number, failed: `${kind}: ${message}` })
    }
  })
  process.on('disconnect', () => process.exit())
  process.send?.({ ready: true })
}

if (process.argv[1] === import.meta.filename) {
  await main(JSON.parse(process.argv[2] ?? '{}') as IssuerOptions)
}
