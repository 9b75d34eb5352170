/**
 * Two ways through the codec. The documented one does what the manual of Node says and nothing clever; the fast one takes
 * what was measured to be quicker. Both accept the same tokens, and the tests of the codec run on each.
 *
 * Whoever leaves the documented way compares the other with it first. What does not give the same has no place in this
 * version of Node, and the whole process stays on the documented way.
 */
export type Path = 'fast' | 'documented'

let chosen: Path = 'fast'
let isTrusted = true

export function isFast(): boolean {
  return isTrusted && chosen === 'fast'
}

/** For whoever finds that the fast way gives something else. */
export function distrust(): void {
  isTrusted = false
}

/** For tests and the bench: the whole process takes this path from here on. */
export function takePath(path: Path): void {
  chosen = path
}
