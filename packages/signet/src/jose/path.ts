/**
 * Two ways through the codec. The documented one does what the manual of Node says and nothing clever; the fast one takes
 * what was measured to be quicker. Both accept the same tokens, and the tests of the codec run on each.
 *
 * Whoever leaves the documented way compares the other with it first, and stays on it where the two differ.
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
