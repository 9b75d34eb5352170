/**
 * Two ways through the codec. The documented one does what the manual of Node says and nothing clever; the fast one takes
 * what was measured to be quicker. Both accept the same tokens, and the tests of the codec run on each.
 *
 * The fast way leans on things that no manual promises, so each of them is compared with the documented way before it is
 * used for the first time, and is left alone where the two differ.
 */
export type Path = 'fast' | 'documented'

let chosen: Path = 'fast'

export function isFast(): boolean {
  return chosen === 'fast'
}

/** For tests and the bench: the whole process takes this path from here on. */
export function takePath(path: Path): void {
  chosen = path
}

/** A check that is made once, when its answer is first asked for: an import must not do it. */
export function once(check: () => boolean): () => boolean {
  let answer: boolean | undefined
  return () => {
    answer ??= check()
    return answer
  }
}
