/**
 * An issuer in a process of its own, driven by messages: what a second server on the same SQLite file is. Each message
 * names a command and is answered under its number.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createSignet } from 'signet-jwt'
import { sqliteStore } from 'signet-jwt/stores/sqlite'

export const issuer = 'https://issuer.example'

export interface ProcessOptions {
  readonly path: string
  readonly masterKey: string
  readonly maxStalenessSeconds?: number
  /** How far this process's clock is ahead of the machine's. */
  readonly aheadSeconds?: number
}

export function openSignet(options: ProcessOptions) {
  const { path, masterKey, maxStalenessSeconds = 30, aheadSeconds = 0 } = options
  const clock = () => new Date(Date.now() + aheadSeconds * 1000)
  return createSignet<{ readonly role?: string }>({
    issuer,
    keys: { algorithm: 'ES256', masterKey },
    store: sqliteStore(path, { clock }),
    clock,
    revocation: { maxStalenessSeconds },
  })
}

type Command =
  /** Answers 'accepted', or the name of the error. */
  | { readonly do: 'verify'; readonly token: string }
  /** Answers the pair as JSON. */
  | { readonly do: 'issue'; readonly subject: string }
  /** Answers the outcome, or the name of the error. */
  | { readonly do: 'refresh'; readonly token: string }
  /** Logs the subject out everywhere, but for one session if it is named. Answers '' or the name of the error. */
  | { readonly do: 'logOut'; readonly subject: string; readonly keep?: string }
  /** Issues and revokes without end, telling each acknowledged id, until somebody ends the process. */
  | { readonly do: 'work' }

/** What a process at work tells: a session that was issued, or one whose revocation was acknowledged. */
export interface Told {
  readonly issued?: { readonly sessionId: string; readonly refreshToken: string }
  readonly revoked?: string
}

export class SignetProcess {
  readonly child: ChildProcess
  readonly told: Told[] = []
  readonly #answers = new Map<number, (answer: string) => void>()
  #asked = 0

  private constructor(child: ChildProcess) {
    this.child = child
    child.on('message', (message: { number?: number; answer?: string; told?: Told }) => {
      if (message.told !== undefined) this.told.push(message.told)
      if (message.number !== undefined) this.#answers.get(message.number)?.(message.answer ?? '')
    })
  }

  static async start(options: ProcessOptions): Promise<SignetProcess> {
    const child = fork(import.meta.filename, [JSON.stringify(options)], {
      execArgv: ['--conditions=@signet-jwt/source', '--disable-warning=ExperimentalWarning'],
    })
    const signetProcess = new SignetProcess(child)
    await once(child, 'message')
    return signetProcess
  }

  ask(command: Command): Promise<string> {
    const number = ++this.#asked
    return new Promise((resolve) => {
      this.#answers.set(number, resolve)
      this.child.send({ number, ...command })
    })
  }

  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const exit = once(this.child, 'exit')
    this.child.kill(signal)
    await exit
  }
}

async function main(options: ProcessOptions): Promise<void> {
  const signet = await openSignet(options)
  const tell = (message: object) => process.send?.(message)
  process.on('message', ({ number, ...command }: { number: number } & Command) => {
    if (command.do === 'work') void work(signet, tell)
    else void carryOut(signet, command).then((answer) => tell({ number, answer }))
  })
  process.on('disconnect', () => process.exit())
  tell({ ready: true })
}

async function carryOut(
  signet: Awaited<ReturnType<typeof openSignet>>,
  command: Exclude<Command, { do: 'work' }>,
): Promise<string> {
  try {
    switch (command.do) {
      case 'verify':
        signet.verify(command.token)
        return 'accepted'
      case 'issue':
        return JSON.stringify(await signet.issue({ subject: command.subject }))
      case 'refresh':
        return (await signet.refresh(command.token)).outcome
      case 'logOut': {
        const { subject, keep } = command
        await signet.revoke(
          keep === undefined ? { subject } : { othersThan: { subject, sessionId: keep } },
          { waitFor: 'fleet' },
        )
        return ''
      }
    }
  } catch (error) {
    return (error as Error).name
  }
}

async function work(
  signet: Awaited<ReturnType<typeof openSignet>>,
  tell: (message: { told: Told }) => void,
): Promise<void> {
  const once = async (subject: string) => {
    const { sessionId, refreshToken } = await signet.issue({ subject, claims: { role: 'editor' } })
    tell({ told: { issued: { sessionId, refreshToken } } })
    if (subject.endsWith('odd')) return
    await signet.revoke({ sessionId })
    tell({ told: { revoked: sessionId } })
  }
  for (let round = 0; ; round++) {
    await Promise.all(
      Array.from({ length: 10 }, (_, i) => once(`${round} ${i} ${i % 2 === 0 ? 'even' : 'odd'}`)),
    )
  }
}

if (process.argv[1] === import.meta.filename) {
  await main(JSON.parse(process.argv[2] ?? '{}') as ProcessOptions)
}
