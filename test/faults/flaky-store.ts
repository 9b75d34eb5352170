/** A store whose calls go wrong on purpose: the n-th call from now, in one of the ways a network has. */
import { StoreUnavailableError } from '../../packages/signet/src/errors.ts'
import type { Store } from '../../packages/signet/src/stores/store.ts'

/**
 * - fail before: nothing happened · fail after: it happened, and the answer was lost · hang before, hang after: likewise,
 *   and nobody says so · twice: a driver sent it again by itself, and the second answer arrives
 */
export const faults = ['fail before', 'fail after', 'hang before', 'hang after', 'twice'] as const
export type Fault = (typeof faults)[number]

export interface FlakyStore {
  readonly store: Store
  /** Names of the calls made since the last `arm`. */
  readonly calls: readonly string[]
  /** From now on the call with this number (from 0) goes wrong; undefined for none. */
  arm(place: number | undefined, fault: Fault): void
  /** Faults that have happened. */
  readonly injected: number
}

/** Steps of the ports; watch and close are no calls over a network. */
const untouched: readonly string[] = ['watch', 'close']

export function flaky(real: Store): FlakyStore {
  const calls: string[] = []
  let armed: { readonly place: number; readonly fault: Fault } | undefined
  let injected = 0
  const store = new Proxy(real, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver)
      if (typeof value !== 'function' || untouched.includes(String(name))) return value
      return (...parameters: readonly unknown[]) => {
        const call = () => value.apply(target, parameters) as Promise<unknown>
        const isFaulty = calls.length === armed?.place
        calls.push(String(name))
        if (!isFaulty || armed === undefined) return call()
        injected += 1
        return misbehave(armed.fault, call)
      }
    },
  })
  return {
    store,
    calls,
    get injected() {
      return injected
    },
    arm: (place, fault) => {
      calls.length = 0
      armed = place === undefined ? undefined : { place, fault }
    },
  }
}

async function misbehave(fault: Fault, call: () => Promise<unknown>): Promise<unknown> {
  switch (fault) {
    case 'fail before':
      throw lost()
    case 'fail after':
      await call()
      throw lost()
    case 'hang before':
      return new Promise(() => {})
    case 'hang after':
      await call()
      return new Promise(() => {})
    case 'twice':
      await call()
      return call()
  }
}

function lost(): StoreUnavailableError {
  return new StoreUnavailableError('the connection was lost, on purpose')
}
