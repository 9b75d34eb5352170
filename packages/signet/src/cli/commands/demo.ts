/**
 * `signet demo`: three verifiers in processes of their own, a login, a log-out, a stolen refresh token. It is the whole
 * promise on one screen, with nothing to configure and nothing left behind.
 */
import { createSignet, generateSecret, type Signet } from '../../index.ts'
import { type Command, type Processes, UsageError } from '../command.ts'
import { paint } from '../print.ts'
import type { Child, Message } from '../process-channel.ts'

const ISSUER = 'https://demo.example'
const VERIFIERS = 3

export const demo: Command = {
  usage: 'demo',
  summary:
    'See a token taken back from three running processes, and a stolen refresh token noticed.',
  // Not in the usage: this is how the command starts its verifiers.
  options: { verifier: { type: 'string' } },
  operands: 0,
  run: async (call) => {
    const { processes, colour } = call.world
    if (processes === undefined) throw new UsageError('the demo needs processes of its own')
    const path = call.text('verifier')
    if (path === undefined) await show(processes, colour)
    else await serveVerdicts(path, processes)
    return { output: '' }
  },
}

async function open(path: string, secret: string): Promise<Signet<{ role?: string }>> {
  const { sqliteStore } = await import('../../stores/sqlite.ts')
  return createSignet<{ role?: string }>({
    issuer: ISSUER,
    secret,
    store: sqliteStore(path),
    // No grace: the second use of a refresh token is seen at once, so that nobody has to wait ten seconds for it.
    session: { reuseGraceSeconds: 0 },
  })
}

async function show(processes: Processes, colour: boolean): Promise<void> {
  const { path, remove } = processes.temporaryDirectory()
  const database = `${path}/signet.db`
  const secret = generateSecret()
  const signet = await open(database, secret)
  const verifiers = Array.from({ length: VERIFIERS }, () =>
    processes.startSelf(['demo', '--verifier', database]),
  )
  const stage = new Stage(signet, verifiers, processes, colour)
  try {
    await stage.begin(secret)
    await stage.logOut()
    await stage.stealRefreshToken()
  } finally {
    for (const verifier of verifiers) verifier.stop()
    await signet.close()
    remove()
  }
}

class Stage {
  readonly #signet: Signet<{ role?: string }>
  readonly #verifiers: readonly Child[]
  readonly #processes: Processes
  readonly #colour: boolean

  constructor(
    signet: Signet<{ role?: string }>,
    verifiers: readonly Child[],
    processes: Processes,
    colour: boolean,
  ) {
    this.#signet = signet
    this.#verifiers = verifiers
    this.#processes = processes
    this.#colour = colour
  }

  async begin(secret: string): Promise<void> {
    for (const verifier of this.#verifiers) verifier.send({ secret })
    await this.#answers()
    const pids = this.#verifiers.map(({ pid }) => pid).join(', ')
    this.#say(
      '',
      `${VERIFIERS} verifiers run, each a process of its own (${pids}), on one SQLite file.`,
    )
  }

  async logOut(): Promise<void> {
    this.#title('Log out everywhere')
    const { accessToken } = await this.#signet.issue({
      subject: 'anna',
      claims: { role: 'editor' },
    })
    await this.#introduce('anna logs in', accessToken)
    const calledAt = this.#processes.monotonic()
    const receipt = await this.#signet.revoke({ subject: 'anna' }, { waitFor: 'fleet' })
    const resolvedAt = this.#processes.monotonic()
    this.#say("revoke({ subject: 'anna' })", await this.#refusals(calledAt))
    const receiptText = receipt.complete
      ? 'complete'
      : `incomplete, ${receipt.pending.length} pending`
    this.#say(
      'the receipt',
      `${receiptText} after ${print(resolvedAt - calledAt)}: no process accepts the token now`,
    )
  }

  async stealRefreshToken(): Promise<void> {
    this.#title('A stolen refresh token')
    const first = await this.#signet.issue({ subject: 'bert' })
    this.#say('bert logs in', 'a thief copies his refresh token')
    const second = await this.#signet.refresh(first.refreshToken)
    await this.#introduce('bert refreshes', second.accessToken)
    const calledAt = this.#processes.monotonic()
    const theft = await refused(this.#signet.refresh(first.refreshToken))
    this.#say('the thief uses the copy', theft)
    this.#say("bert's access token", await this.#refusals(calledAt))
    const honest = await refused(this.#signet.refresh(second.refreshToken))
    this.#say("bert's refresh token", `${honest}; he logs in again, and the thief is out`)
  }

  /** Every verifier accepts the token, and is told to say when it does so no longer. */
  async #introduce(about: string, token: string): Promise<void> {
    for (const verifier of this.#verifiers) verifier.send({ token })
    const answers = await this.#answers()
    const accepted = answers.filter((answer) => answer?.accepted === true).length
    this.#say(about, paint(`accepted by ${accepted} of ${VERIFIERS}`, 'green', this.#colour))
  }

  async #refusals(since: number): Promise<string> {
    const times = (await this.#answers()).map((answer) => Number(answer?.refusedAt) - since)
    const refusing = times.filter((time) => Number.isFinite(time))
    const text = `refused by ${refusing.length} of ${VERIFIERS} in ${print(Math.max(...refusing))}`
    return paint(text, 'red', this.#colour)
  }

  #answers(): Promise<readonly (Message | undefined)[]> {
    return Promise.all(this.#verifiers.map((verifier) => verifier.next()))
  }

  #title(text: string): void {
    this.#processes.print(`\n${text}\n`)
  }

  #say(about: string, text: string): void {
    this.#processes.print(about === '' ? `${text}\n` : `  ${about.padEnd(28)}${text}\n`)
  }
}

async function refused(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'served',
    (error: Error) => error.message.replace(/;.*/, ''),
  )
}

function print(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`
}

/** One verifier: says whether it accepts a token, and then the instant from which it does not. */
async function serveVerdicts(path: string, { parent, monotonic }: Processes): Promise<void> {
  const first = await parent?.next()
  if (parent === undefined || first === undefined) return
  const signet = await open(path, String(first.secret))
  parent.send({ ready: true })
  for (let message = await parent.next(); message !== undefined; message = await parent.next()) {
    const token = String(message.token)
    const claims = signet.verify(token)
    const signal = signet.watch(claims)
    signal.addEventListener('abort', () => {
      // The signal says when to look; that the token is refused, verify says.
      const { ok } = signet.tryVerify(token)
      parent.send({ refusedAt: ok ? Number.NaN : monotonic() })
    })
    parent.send({ accepted: true })
  }
  await signet.close()
}
