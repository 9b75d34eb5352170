/**
 * An exhaustive explorer: every state that can be reached by every order of the actions, breadth first, so that the
 * first violation found is one of the shortest.
 */

export interface Model<State> {
  readonly start: State
  /** What can happen next, each with its name. A state is a plain JSON value; actions make new ones. */
  readonly actions: (state: State) => readonly (readonly [name: string, next: State])[]
  /** Why this state must not be, or undefined. */
  readonly violation: (state: State) => string | undefined
}

export interface Exploration {
  readonly states: number
  /** The first violation with the actions that lead to it, or undefined when there is none. */
  readonly found: { readonly why: string; readonly trace: readonly string[] } | undefined
}

/** @throws Error when there are more than `limit` states: a model must be exhausted to mean anything */
export function explore<State>(model: Model<State>, limit = 2_000_000): Exploration {
  const seen = new Set([JSON.stringify(model.start)])
  let frontier: { readonly state: State; readonly trace: Trace }[] = [
    { state: model.start, trace: undefined },
  ]
  while (frontier.length > 0) {
    const next: typeof frontier = []
    for (const { state, trace } of frontier) {
      const why = model.violation(state)
      if (why !== undefined) return { states: seen.size, found: { why, trace: names(trace) } }
      for (const [name, reached] of model.actions(state)) {
        const key = JSON.stringify(reached)
        if (seen.has(key)) continue
        seen.add(key)
        if (seen.size > limit) throw new Error(`more than ${limit} states`)
        next.push({ state: reached, trace: { name, before: trace } })
      }
    }
    frontier = next
  }
  return { states: seen.size, found: undefined }
}

/** A trace shares its beginning with its neighbours: a list per state would be most of the memory. */
type Trace = { readonly name: string; readonly before: Trace } | undefined

function names(trace: Trace): readonly string[] {
  const found: string[] = []
  for (let at = trace; at !== undefined; at = at.before) found.push(at.name)
  return found.reverse()
}
