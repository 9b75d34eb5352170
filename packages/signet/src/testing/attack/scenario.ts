/** What a scenario is: data, with one function that plays it. */
import type { Stage } from './stage.ts'

/**
 * What became of the people in the story. `served`: whoever is honest has a session that works. `loggedOut`: not.
 * `nothing`: the thief never got a token. `caught`: the thief got some, and none of them works any more. `undetected`:
 * the thief holds a working session.
 */
export interface Verdict {
  readonly honest?: 'served' | 'loggedOut'
  readonly thief?: 'nothing' | 'caught' | 'undetected'
}

export interface Scenario {
  /** As its source names it: S1 to S9, A1 to A8, B1 to B6; C concurrency, K the end of a session, X crashes. */
  readonly id: string
  readonly title: string
  /** Where the story is from. */
  readonly source: string
  /** What must become of them, with a grace and in a system that has none. Left out: nothing is promised. */
  readonly promise: { readonly graced?: Verdict; readonly strict?: Verdict }
  /** What the story needs: clocks that can be wound this far, or a system that can crash. */
  readonly needs?: { readonly seconds?: number; readonly crashes?: true }
  play(stage: Stage): Promise<Verdict>
}
