/** What sessions mean, one step at a time and in other words than the library's: the yardstick of random histories. */
import assert from 'node:assert/strict'
import type { RotationOutcome } from '../../packages/signet/src/sessions/rotation.ts'
import type { Recorded } from './recording-store.ts'

const GRACE = 10_000

interface Session {
  readonly subject: string
  isOver: boolean
  /** The instants of its rotations, the last one last: as many as its generation. */
  readonly rotations: number[]
}

export class SequentialModel {
  readonly #sessions = new Map<string, Session>()

  /** @throws AssertionError when the step did something else than it should have */
  follow(step: Recorded): void {
    switch (step.what) {
      case 'created':
        this.#sessions.set(step.sid, { subject: step.subject, isOver: false, rotations: [] })
        return
      case 'presented':
        assert.equal(step.outcome, this.#present(step.asked.sid, step.asked.gen, step.now))
        return
      case 'told of':
        this.#restartGrace(step.sid, step.gen, step.now)
        return
      case 'revoked':
        this.#revoke(step.revocation)
    }
  }

  isAlive(sid: string): boolean {
    return this.#sessions.get(sid)?.isOver === false
  }

  #present(sid: string, gen: number, now: number): RotationOutcome {
    const session = this.#sessions.get(sid)
    if (session === undefined) return 'unknown'
    if (session.isOver) return 'revoked'
    const current = session.rotations.length
    if (gen === current) {
      session.rotations.push(now)
      return 'rotated'
    }
    assert.ok(gen < current, 'a generation was given out that the store never made')
    const isRecent = now - (session.rotations.at(-1) as number) <= GRACE
    if (!isRecent) session.isOver = true
    return !isRecent ? 'reused' : gen === current - 1 ? 'repeated' : 'superseded'
  }

  #restartGrace(sid: string, gen: number, now: number): void {
    const session = this.#sessions.get(sid) as Session
    assert.equal(gen, session.rotations.length - 1)
    session.rotations[gen] = now
  }

  #revoke(revocation: Extract<Recorded, { what: 'revoked' }>['revocation']): void {
    for (const [sid, session] of this.#sessions) {
      const isMeant =
        (revocation.kind === 'session' && revocation.sid === sid) ||
        (revocation.kind === 'subject' && revocation.subject === session.subject)
      if (isMeant) session.isOver = true
    }
  }
}
