import { isFast, takePath } from '../../packages/signet/src/jose/path.ts'

/** What the fast path of the codec says and what the documented one says. */
export function onBothPaths<T>(run: () => T): { readonly fast: T; readonly documented: T } {
  const before = isFast() ? 'fast' : 'documented'
  try {
    takePath('fast')
    const fast = run()
    takePath('documented')
    return { fast, documented: run() }
  } finally {
    takePath(before)
  }
}
