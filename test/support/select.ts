/** Which test files a run takes, from what was written behind `npm test --`. */

export interface Selection {
  readonly files: readonly string[]
  /** Flags that are not ours, handed on to node's runner: `--test-name-pattern=...`, `--watch`. */
  readonly flags: readonly string[]
}

const slow = /\.slow\.test\.ts$/

/**
 * A word narrows the run down to the files whose path contains it. Slow files run when a word names one of them to the
 * end, or with `--slow`: the default run is the one that people wait for.
 *
 * @param all every test file, as a path from the root of the repository with forward slashes
 */
export function selectTests(all: readonly string[], words: readonly string[]): Selection {
  const names = words.filter((word) => !word.startsWith('-')).map(plainPath)
  const flags = words.filter((word) => word.startsWith('-') && word !== '--slow')
  const withSlow = words.includes('--slow')
  const files = all.filter((file) => {
    const named = names.some((name) => file.includes(name))
    if (slow.test(file)) {
      return (
        (withSlow && (names.length === 0 || named)) || names.some((name) => endsWith(file, name))
      )
    }
    return names.length === 0 || named
  })
  return { files: files.toSorted(), flags }
}

/** `session` does not name `session.slow.test.ts`; `session.slow` and the whole path do. */
function endsWith(file: string, name: string): boolean {
  return [name, `${name}.ts`, `${name}.test.ts`].some((end) => file.endsWith(end))
}

/** Shells complete to `./test/x` and Windows writes backslashes. */
function plainPath(word: string): string {
  return word.replaceAll('\\', '/').replace(/^\.\//, '')
}
