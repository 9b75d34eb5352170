/**
 * Kills a process in the middle of its refreshes and revocations, at an instant drawn from a seed, and then holds the file
 * to what the process had been told: nothing acknowledged is lost, and no generation has two successors.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  decodeUnverified,
  generateSecret,
  RevokedRefreshTokenError,
  SupersededRefreshTokenError,
} from 'signet-jwt'
import { numbersFrom, seedOfRun } from '../../packages/signet/src/stores/contract/material.ts'
import {
  openSignet,
  type ProcessOptions,
  SignetProcess,
  type Told,
} from '../support/signet-process.ts'

type Signet = Awaited<ReturnType<typeof openSignet>>

const SESSIONS = 12
/** A worker is killed up to so many acknowledgements after its first, however fast the machine is today. */
const LONGEST_LIFE = 200

/** @param kills how often a process is killed on one file */
export function killTest(title: string, kills: number, seed = seedOfRun()): void {
  test(title, async (t) => {
    t.diagnostic(`SIGNET_SEED=${seed}`)
    const directory = mkdtempSync(join(tmpdir(), 'signet-'))
    const options = { path: join(directory, 'signet.db'), masterKey: generateSecret() }
    const random = numbersFrom(seed)
    const seen = { rotations: 0, revocations: 0, further: 0 }
    try {
      // The next process starts while the last one's work is looked at: starting is most of the time.
      let next = SignetProcess.start(options)
      for (let kill = 0; kill < kills; kill++) {
        const worker = await next
        void worker.ask({ do: 'refresh without end', sessions: SESSIONS })
        const enough = 1 + random() * LONGEST_LIFE
        while (worker.told.length < enough) {
          assert.equal(worker.child.exitCode, null, 'the process has ended by itself')
          await delay(1)
        }
        await delay(random() * 3)
        await worker.end('SIGKILL')
        await checkAll(options, readTold(worker.told), seen)
        next = SignetProcess.start(options)
      }
      await (await next).end()
    } finally {
      rmSync(directory, { recursive: true })
    }
    t.diagnostic(`${seen.rotations} rotations and ${seen.revocations} revocations acknowledged`)
    t.diagnostic(`${seen.further} rotations made whose answer was lost`)
    assert.ok(seen.rotations > kills * 10 && seen.revocations > kills / 5, JSON.stringify(seen))
  })
}

/** One session as far as its process was told. */
interface Known {
  readonly sessionId: string
  /** Refresh tokens by generation. */
  readonly tokens: string[]
  revocation: 'none' | 'asked for' | 'acknowledged'
}

function readTold(told: readonly Told[]): readonly Known[] {
  const sessions = new Map<string, Known>()
  for (const { issued, refreshed, revoking, revoked } of told) {
    const pair = issued ?? refreshed
    if (issued !== undefined) {
      sessions.set(issued.sessionId, {
        sessionId: issued.sessionId,
        tokens: [],
        revocation: 'none',
      })
    }
    const known = sessions.get(pair?.sessionId ?? revoking ?? revoked ?? '') as Known
    if (pair !== undefined) {
      assert.equal(generationOf(pair.refreshToken), known.tokens.length)
      known.tokens.push(pair.refreshToken)
    } else known.revocation = revoked === undefined ? 'asked for' : 'acknowledged'
  }
  return [...sessions.values()]
}

async function checkAll(
  options: ProcessOptions,
  sessions: readonly Known[],
  seen: { rotations: number; revocations: number; further: number },
): Promise<void> {
  await using signet = await openSignet(options)
  for (const session of sessions) {
    seen.rotations += session.tokens.length - 1
    if (session.revocation === 'acknowledged') {
      seen.revocations++
      await assert.rejects(refreshLast(signet, session), RevokedRefreshTokenError)
    } else if (await isAlive(signet, session)) await checkAlive(signet, session, seen)
  }
}

/** A session is alive unless its revocation was asked for; then both may be. */
async function isAlive(signet: Signet, { sessionId, revocation }: Known): Promise<boolean> {
  const isFound = (await signet.sessions.get(sessionId)) !== undefined
  assert.ok(isFound || revocation === 'asked for', 'an acknowledged session is gone')
  return isFound
}

async function checkAlive(
  signet: Signet,
  session: Known,
  seen: { further: number },
): Promise<void> {
  const before = session.tokens.at(-2)
  // The predecessor first: it gets the text that was given out before, or "too old", and nothing else.
  const repeated = before === undefined ? undefined : await repeatOf(signet, before)
  if (repeated !== undefined) assert.equal(repeated, session.tokens.at(-1), 'two successors')
  const { outcome, refreshToken } = await refreshLast(signet, session)
  // `recovered` would mean that the store has forgotten a generation it had acknowledged.
  assert.match(outcome, /^(rotated|repeated)$/)
  assert.equal(generationOf(refreshToken), session.tokens.length)
  if (outcome === 'repeated') seen.further++
  if (before !== undefined) assert.equal(outcome === 'repeated', repeated === undefined)
}

async function repeatOf(signet: Signet, token: string): Promise<string | undefined> {
  try {
    return (await signet.refresh(token)).refreshToken
  } catch (error) {
    assert.ok(error instanceof SupersededRefreshTokenError, `${error}`)
    return undefined
  }
}

function refreshLast(signet: Signet, { tokens }: Known) {
  return signet.refresh(tokens.at(-1) as string)
}

function generationOf(token: string): number {
  return decodeUnverified(token).claims.gen as number
}
