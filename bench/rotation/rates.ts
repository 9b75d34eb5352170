/** How many refreshes a second a server does, all of them in turns, so that what the machine does meets them alike. */
import { ok } from 'node:assert/strict'
import { decodeUnverified } from 'signet-jwt'
import type { OpenContender } from './contenders.ts'
import { Load } from './load.ts'

export interface Rate {
  /** Refreshes a second: the median of the rounds, the least and the most. */
  readonly median: number
  readonly least: number
  readonly most: number
  /** By round, to be compared with another's same round. */
  readonly rounds: readonly number[]
}

const CONNECTIONS = 32
const ROUNDS = 7
/** Rounds for the compiler, not counted. */
const WARM_UP = 2

/**
 * @throws AssertionError when a server does not do what it is measured for; Error when any answer of the load was not a
 *   new refresh token
 */
export async function measureRates(
  open: readonly OpenContender[],
  seconds: number,
): Promise<readonly Rate[]> {
  for (const each of open) await check(each)
  const load = await Load.start()
  try {
    const tokens = await Promise.all(open.map(logIn))
    const rounds: number[][] = open.map(() => [])
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      for (const index of turns(round, open.length)) {
        const { tokenUrl, parameters } = open[index] as OpenContender
        const refreshTokens = tokens[index] as readonly string[]
        const milliseconds = (seconds * 1000) / ROUNDS
        const result = await load.run({ tokenUrl, parameters, refreshTokens, milliseconds })
        tokens[index] = result.refreshTokens
        if (round >= 0) rounds[index]?.push((result.refreshes / result.milliseconds) * 1000)
      }
    }
    return rounds.map(rateOf)
  } finally {
    load.stop()
  }
}

/** What is timed is the real thing: a new refresh token, and an access token with ES256 that lets its holder in. */
async function check({ system }: OpenContender): Promise<void> {
  const first = await system.issue('somebody')
  const next = await system.refresh(first.refreshToken)
  ok(next.kind === 'granted', `${system.name}: a refresh was ${next.kind}`)
  ok(next.pair.refreshToken !== first.refreshToken, `${system.name} does not rotate`)
  ok(decodeUnverified(next.pair.accessToken).header.alg === 'ES256', `${system.name}: no ES256`)
  ok(await system.authenticate(next.pair.accessToken), `${system.name} refuses its own token`)
  const forged = await system.refresh(`${next.pair.refreshToken.slice(0, -4)}AAAA`)
  ok(forged.kind === 'refused', `${system.name}: a forged token was ${forged.kind}`)
}

async function logIn({ system }: OpenContender): Promise<readonly string[]> {
  const logins = Array.from({ length: CONNECTIONS }, (_, i) => system.issue(`connection ${i}`))
  return (await Promise.all(logins)).map(({ refreshToken }) => refreshToken)
}

/** Another one begins each round, and every other round goes backwards. */
function turns(round: number, count: number): readonly number[] {
  const order = Array.from({ length: count }, (_, i) => (i + round + count * WARM_UP) % count)
  return round % 2 === 0 ? order : order.toReversed()
}

function rateOf(rounds: readonly number[]): Rate {
  const sorted = rounds.toSorted((a, b) => a - b)
  return {
    median: sorted[sorted.length >> 1] as number,
    least: sorted[0] as number,
    most: sorted.at(-1) as number,
    rounds,
  }
}

/** The median of the ratios within each round. */
export function timesAsFast(rate: Rate, than: Rate): number {
  const ratios = rate.rounds.map((each, round) => each / (than.rounds[round] as number))
  return ratios.toSorted((a, b) => a - b)[ratios.length >> 1] as number
}
