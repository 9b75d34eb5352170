/** Signet in this process as a system to attack, on whatever store its caller opens. */
import { SignetError, TemporaryError } from '../../errors.ts'
import type { Claims, Signet, Store } from '../../index.ts'
import type { FrozenClock } from '../frozen-clock.ts'
import type { CallerContext, RefreshOutcome, RotationSystem } from './system.ts'

export interface SignetSystemOptions {
  readonly name: string
  /** What createSignet was told, as session.reuseGraceSeconds. */
  readonly graceSeconds: number
  /** The clock of the store and of the issuer. */
  readonly clock: FrozenClock
}

export interface SignetSystem extends RotationSystem, AsyncDisposable {}

/**
 * Makes a system of a function that opens Signet. The function is called again after every crash, and puts the store it is
 * given around its own:
 *
 *     signetSystem((mortal) => createSignet({ issuer, secret, clock, store: mortal(store) }), options)
 */
export async function signetSystem(
  open: (mortal: (store: Store) => Store) => Promise<Signet<Claims>>,
  { name, graceSeconds, clock }: SignetSystemOptions,
): Promise<SignetSystem> {
  const fate: Fate = { point: undefined, die: () => {} }
  const mortal = (store: Store) => mortalStore(store, fate)
  let signet = await open(mortal)
  return {
    name,
    graceSeconds,
    issue: (subject, context) =>
      signet.issue({ subject, ...(context === undefined ? {} : { context }) }),
    refresh: (refreshToken, context) => outcomeOf(signet, refreshToken, context),
    authenticate: async (accessToken) => signet.tryVerify(accessToken).ok,
    windSeconds: (seconds) => clock.windSeconds(seconds),
    crashes: {
      points,
      async crash(point, refreshToken, context) {
        const dying = signet
        await untilDead(fate, point as Point, () => outcomeOf(dying, refreshToken, context))
        signet = await open(mortal)
        await dying.close()
      },
    },
    [Symbol.asyncDispose]: () => signet.close(),
  }
}

async function outcomeOf(
  signet: Signet<Claims>,
  refreshToken: string,
  context: CallerContext | undefined,
): Promise<RefreshOutcome> {
  try {
    return { kind: 'granted', pair: await signet.refresh(refreshToken, context) }
  } catch (error) {
    if (error instanceof TemporaryError) return { kind: 'again' }
    const reason = (error as Error).name
    return error instanceof SignetError ? { kind: 'refused', reason } : { kind: 'fault', reason }
  }
}

/** A refresh passes these, in this order. The store's step is one: it has happened or it has not. */
const points = [
  'before the store is asked',
  'after the store has done it, before it answers',
  'after the tokens are made, before they are sent',
] as const
type Point = (typeof points)[number]

/** What a process that is going to die knows of it. */
interface Fate {
  point: Point | undefined
  die: () => void
}

/** A process that has died answers nobody: what was asked of it stays open for ever. */
const silence = (): Promise<never> => new Promise(() => {})

async function untilDead(
  fate: Fate,
  point: Point,
  refresh: () => Promise<RefreshOutcome>,
): Promise<void> {
  const dead = new Promise<boolean>((resolve) => {
    fate.die = () => resolve(true)
  })
  fate.point = point
  const answered = await Promise.race([dead.then(() => false), refresh().then(() => true)])
  fate.point = undefined
  if (answered && point !== points[2]) {
    throw new TypeError(`nobody died ${point}: 'open' must use mortal(store) as its store`)
  }
}

/** The store as it is seen by a process that may die while it talks to it. */
function mortalStore(store: Store, fate: Fate): Store {
  return {
    ...store,
    async rotate(presentation) {
      const { point, die } = fate
      if (point === points[0]) {
        die()
        return silence()
      }
      const decision = await store.rotate(presentation)
      if (point !== points[1]) return decision
      die()
      return silence()
    },
    // The store outlives the process.
    close: async () => {},
  }
}
