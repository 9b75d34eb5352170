/** A store that writes down what its steps did, loses answers, and dies in the middle. */
import { StoreUnavailableError } from 'signet-jwt'
import type { Presentation, RotationOutcome } from '../../packages/signet/src/sessions/rotation.ts'
import type { Revocation } from '../../packages/signet/src/sessions/session-store.ts'
import type { Store } from '../../packages/signet/src/stores/store.ts'

/** A step that changed sessions, in the order of the store. */
export type Recorded = { readonly now: number } & (
  | { readonly what: 'created'; readonly sid: string; readonly subject: string }
  | { readonly what: 'presented'; readonly asked: Presentation; readonly outcome: RotationOutcome }
  | { readonly what: 'revoked'; readonly revocation: Revocation }
  /** A lost answer was told of, and the grace has begun again. */
  | { readonly what: 'told of'; readonly sid: string; readonly gen: number }
)

export interface Faults {
  /** @param lost indexes of the round's steps whose answer is lost @param dies after how many steps the process is dead */
  begin(lost: readonly number[], dies: number | undefined): void
  end(): void
  /** No call reaches the store any more. */
  cut(): void
}

export function recordingStore(
  store: Store,
  now: () => number,
  recorded: Recorded[],
): { readonly store: Store; readonly faults: Faults } {
  let plan: { readonly lost: readonly number[]; readonly dies: number | undefined } | undefined
  let steps = 0
  let isCut = false
  const step = async <T>(call: () => Promise<T>, record: (answer: T) => Recorded): Promise<T> => {
    const index = steps++
    const isDead = plan?.dies !== undefined && index >= plan.dies
    if (isCut || isDead) throw new StoreUnavailableError('the request was lost')
    const answer = await call()
    recorded.push(record(answer))
    // A process that dies in this round hears nothing of what it has done.
    if (plan?.lost.includes(index) || plan?.dies !== undefined)
      throw new StoreUnavailableError('the answer was lost')
    return answer
  }
  const faulty: Partial<Store> = {
    createSession: (birth) =>
      step(
        () => store.createSession(birth),
        ({ sid, subject }) => ({ now: now(), what: 'created', sid, subject }),
      ),
    rotate: (asked) =>
      step(
        () => store.rotate(asked),
        ({ outcome }) => ({ now: now(), what: 'presented', asked, outcome }),
      ),
    revoke: (revocation) =>
      step(
        () => store.revoke(revocation),
        () => ({ now: now(), what: 'revoked', revocation }),
      ),
    // Not one of the round's steps: processes make it by themselves, later.
    undelivered: async (delivery) => {
      if (isCut) throw new StoreUnavailableError('dead')
      const isTaken = await store.undelivered(delivery)
      const { sid, gen } = delivery
      if (isTaken) recorded.push({ now: now(), what: 'told of', sid, gen })
      return isTaken
    },
    removeMember: (id, beats) =>
      isCut ? Promise.reject(new StoreUnavailableError('dead')) : store.removeMember(id, beats),
  }
  return {
    store: { ...store, ...faulty },
    faults: {
      begin: (lost, dies) => {
        plan = { lost, dies }
        steps = 0
      },
      end: () => {
        plan = undefined
      },
      cut: () => {
        isCut = true
      },
    },
  }
}
