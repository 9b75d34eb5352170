/**
 * A fleet of real processes that are stopped, woken, killed and replaced at random while tokens are revoked: whenever a
 * receipt is complete, every process that is asked afterwards must refuse.
 */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { generateSecret } from '../../packages/signet/src/codec.ts'
import { Dice } from '../support/dice.ts'
import { needAsync } from '../support/need.ts'
import type { SharedEngine } from './engines.ts'
import { FleetMember, type FleetOptions, openSignet } from './fleet-member.ts'

export interface FleetRun {
  readonly engine: string
  readonly revocations: number
  readonly members: number
  /** Revocations under way together. */
  readonly atOnce: number
  readonly seed: number
}

/** Short, so that a stopped process counts as refusing soon, and often is just about to. */
const MAX_STALENESS_SECONDS = 1

interface Tally {
  complete: number
  incomplete: number
  checks: number
  stale: number
  stops: number
  kills: number
}

export async function shakeFleet(
  t: TestContext,
  shared: SharedEngine,
  run: FleetRun,
): Promise<Tally | undefined> {
  const made = await needAsync(t, run.engine, 'apt-get install postgresql redis-server', () =>
    shared.make(),
  )
  if (made === undefined) return undefined
  const { place, remove } = made
  const options: FleetOptions = {
    place: `${run.engine} ${place}`,
    secret: generateSecret(),
    maxStalenessSeconds: MAX_STALENESS_SECONDS,
  }
  const { signet, store } = await openSignet(options)
  const members = await Promise.all(
    Array.from({ length: run.members }, () => FleetMember.start(options)),
  )
  const tally: Tally = { complete: 0, incomplete: 0, checks: 0, stale: 0, stops: 0, kills: 0 }
  const unrest = disturb(members, options, tally, run.seed)
  try {
    for (let done = 0; done < run.revocations; done += run.atOnce) {
      await revokeAndCheck(signet, members, run, tally)
      if (done % 5000 < run.atOnce) t.diagnostic(`${done} revocations: ${JSON.stringify(tally)}`)
    }
  } finally {
    await unrest.stop()
    await Promise.all(members.map((member) => member.end()))
    await signet.close()
    await store.close()
    await remove()
  }
  t.diagnostic(`seed ${run.seed}: ${JSON.stringify(tally)}`)
  return tally
}

type Issuer = Awaited<ReturnType<typeof openSignet>>['signet']

async function revokeAndCheck(
  signet: Issuer,
  members: readonly FleetMember[],
  { atOnce, seed }: FleetRun,
  tally: Tally,
): Promise<void> {
  const issued = await Promise.all(
    Array.from({ length: atOnce }, (_, place) =>
      signet.issueAccessToken({ subject: `user ${place}` }),
    ),
  )
  const receipts = await Promise.all(
    issued.map(({ accessToken }) => signet.revoke({ token: accessToken }, { waitFor: 'fleet' })),
  )
  const covered = issued
    .filter((_, place) => receipts[place]?.complete)
    .map((each) => each.accessToken)
  tally.complete += covered.length
  tally.incomplete += issued.length - covered.length
  // Stopped processes answer when they are woken: their first act then is this check.
  const verdicts = await Promise.all(members.map((member) => member.check(covered)))
  for (const verdict of verdicts) {
    if (verdict === undefined) continue
    tally.checks += covered.length
    tally.stale += verdict.stale
    assert.deepEqual(verdict.accepted, [], `accepted after a complete receipt, seed ${seed}`)
  }
}

/** Stops a random member for up to a little more than its lease, or kills it and starts another in its place. */
function disturb(members: FleetMember[], options: FleetOptions, tally: Tally, seed: number) {
  const dice = new Dice(seed)
  let isOver = false
  const stop = new AbortController()
  const pause = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      stop.signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  const loop = async () => {
    while (!isOver) {
      await pause(dice.next() * 300)
      const place = dice.below(members.length)
      const member = members[place] as FleetMember
      if (dice.next() < 0.25) {
        tally.kills += 1
        await member.end()
        members[place] = await FleetMember.start(options)
      } else {
        tally.stops += 1
        member.signal('SIGSTOP')
        await pause(dice.next() * (MAX_STALENESS_SECONDS + 1) * 1000)
        member.signal('SIGCONT')
      }
    }
  }
  const running = loop()
  return {
    stop: async () => {
      isOver = true
      stop.abort()
      await running
    },
  }
}
