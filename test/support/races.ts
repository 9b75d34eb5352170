/** One token, a thousand refreshes at once from four processes, round after round, each with a session of its own. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Claims,
  generateSecret,
  InvalidRefreshTokenError,
  type Signet,
  type TokenPair,
} from 'signet-jwt'
import { openRacer, RaceProcess, type RaceResult } from './race-process.ts'

const PROCESSES = 4
const REFRESHES = 1000
/** Milliseconds from an order to its beginning: time for it to reach everybody. */
const HEAD_START_MS = 20

export interface RaceTotals {
  readonly rounds: number
  readonly refreshes: number
  readonly answers: { readonly [answer: string]: number }
}

type Judge = (
  signet: Signet<Claims>,
  issued: TokenPair,
  result: RaceResult,
  round: string,
) => Promise<void>

/** Runs the rounds with a grace, or with none, and holds each to what is promised. Answers the totals, to be printed. */
export async function race(graceSeconds: number, rounds: number): Promise<RaceTotals> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-'))
  const setting = { path: join(directory, 'signet.db'), secret: generateSecret(), graceSeconds }
  const judge = graceSeconds > 0 ? withGrace : strictly
  const answers: Record<string, number> = {}
  const signet = await openRacer(setting)
  const racers = await Promise.all(
    Array.from({ length: PROCESSES }, () => RaceProcess.start(setting)),
  )
  try {
    for (let round = 1; round <= rounds; round++) {
      const issued = await signet.issue({ subject: `round ${round}` })
      const order = {
        refreshToken: issued.refreshToken,
        times: REFRESHES / PROCESSES,
        at: Date.now() + HEAD_START_MS,
      }
      const result = together(await Promise.all(racers.map((racer) => racer.race(order))))
      const told = `round ${round}: ${JSON.stringify(result.answers)}`
      assert.equal(sum(result.answers), REFRESHES, told)
      assert.equal(result.faults, 0, told)
      assert.equal(result.successors.length, 1, `exactly one successor in ${told}`)
      await judge(signet, issued, result, told)
      add(answers, result.answers)
    }
  } finally {
    await Promise.all(racers.map((racer) => racer.end()))
    await signet.close()
    rmSync(directory, { recursive: true })
  }
  return { rounds, refreshes: rounds * REFRESHES, answers }
}

/** Everybody holds the one successor or was asked to try again, and the successor works. */
const withGrace: Judge = async (signet, _issued, { answers, successors }, told) => {
  const { rotated = 0, repeated = 0, again = 0 } = answers
  assert.equal(rotated, 1, told)
  assert.equal(rotated + repeated + again, REFRESHES, told)
  const next = await signet.refresh(successors[0] as string)
  assert.equal(next.outcome, 'rotated', told)
  signet.verify(next.accessToken)
}

/** One success, and the next presentation has ended the session: nothing of it is left. */
const strictly: Judge = async (signet, issued, { answers, successors }, told) => {
  const { rotated = 0, again = 0, ReusedRefreshTokenError: reused = 0 } = answers
  assert.equal(rotated, 1, told)
  assert.equal(reused, 1, told)
  assert.equal(rotated + reused + again + (answers.RevokedRefreshTokenError ?? 0), REFRESHES, told)
  await assert.rejects(signet.refresh(successors[0] as string), InvalidRefreshTokenError, told)
  assert.equal(await signet.sessions.get(issued.sessionId), undefined, told)
}

function together(results: readonly RaceResult[]): RaceResult {
  const answers: Record<string, number> = {}
  for (const result of results) add(answers, result.answers)
  return {
    answers,
    successors: [...new Set(results.flatMap(({ successors }) => successors))],
    faults: results.reduce((so, { faults }) => so + faults, 0),
  }
}

function add(totals: Record<string, number>, more: RaceResult['answers']): void {
  for (const [answer, count] of Object.entries(more)) totals[answer] = (totals[answer] ?? 0) + count
}

function sum(counts: RaceResult['answers']): number {
  return Object.values(counts).reduce((so, count) => so + count, 0)
}
