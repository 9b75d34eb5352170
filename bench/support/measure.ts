/**
 * Times subjects side by side in one process. Every round runs all of them, so that what the machine does meanwhile meets
 * them alike, and only times of the same round are compared.
 */
import type { Case, Subject } from './case.ts'

export interface Measured {
  readonly subject: Subject
  /** Median over the rounds. */
  readonly ns: number
  /** Medians of the ratios within each round; undefined where the case has no peer or no floor. */
  readonly ratioToFastestPeer: number | undefined
  readonly ratioToFloor: number | undefined
}

interface Runner {
  readonly subject: Subject
  readonly rounds: number[]
  batchSize: number
  next: number
}

const ROUNDS = 31

/** Rounds for the compiler, and to learn how many calls fill a millisecond. */
const WARM_UP = 5

/** The results are collected here and looked at once, after everything. */
let sink = 0

export async function measure({ subjects, name }: Case, seconds: number): Promise<Measured[]> {
  for (const subject of subjects) await subject.check()
  const runners = subjects.map(
    (subject): Runner => ({ subject, rounds: [], batchSize: 1, next: 0 }),
  )
  const slice = (seconds * 1000) / (ROUNDS + WARM_UP) / subjects.length
  for (let round = 0; round < WARM_UP; round++) {
    for (const runner of runners) {
      const ns = await spend(runner, slice)
      runner.batchSize = Math.min(256, Math.max(1, Math.round(1e6 / ns)))
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const runner of inOrderOf(round, runners)) {
      runner.rounds.push(await spend(runner, slice))
    }
  }
  if (!Number.isFinite(sink)) throw new Error(`${name}: a result was no result`)
  return compare(runners)
}

/**
 * Each round starts one further down the list, and every other one goes backwards: a subject that leaves garbage behind for
 * the next to collect must not have the same neighbour each time.
 */
function inOrderOf(round: number, runners: readonly Runner[]): Runner[] {
  const start = round % runners.length
  const rotated = [...runners.slice(start), ...runners.slice(0, start)]
  return round % 2 === 0 ? rotated : rotated.toReversed()
}

/** Nanoseconds per call over so many milliseconds of calls, and at least one batch. */
async function spend(runner: Runner, milliseconds: number): Promise<number> {
  const { subject } = runner
  let elapsed = 0
  let calls = 0
  do {
    // Inputs are made just before they are used and outside of the measured time. Their strings have then never been
    // hashed, flattened or looked up before, like those that come from a socket.
    const inputs = Array.from({ length: runner.batchSize }, () => subject.input(runner.next++))
    const start = performance.now()
    if (subject.isAsync) await runAwaiting(subject, inputs)
    else runAtOnce(subject, inputs)
    elapsed += performance.now() - start
    calls += inputs.length
  } while (elapsed < milliseconds)
  return (elapsed * 1e6) / calls
}

function runAtOnce(subject: Subject, inputs: readonly unknown[]): void {
  for (const input of inputs) sink += subject.consume(subject.run(input))
}

async function runAwaiting(subject: Subject, inputs: readonly unknown[]): Promise<void> {
  for (const input of inputs) sink += subject.consume(await subject.run(input))
}

function compare(runners: readonly Runner[]): Measured[] {
  // Who is fastest is decided within the rounds, too: two peers that are close would else be told apart by the noise.
  const own = (runners[0] as Runner).rounds
  const peers = runners.filter(({ subject }) => subject.role === 'peer')
  const fastest = peers.toSorted(
    (a, b) => median(ratios(a.rounds, own)) - median(ratios(b.rounds, own)),
  )[0]
  const floor = runners.find(({ subject }) => subject.role === 'floor')
  return runners.map(({ subject, rounds }) => ({
    subject,
    ns: median(rounds),
    ratioToFastestPeer: fastest && median(ratios(fastest.rounds, rounds)),
    ratioToFloor: floor && median(ratios(rounds, floor.rounds)),
  }))
}

export function ratios(above: readonly number[], below: readonly number[]): number[] {
  return above.map((ns, round) => ns / (below[round] as number))
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2
}
