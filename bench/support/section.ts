/** What every bench takes and gives: bench/<name>/index.ts exports `run`, and the table in run.ts names it. */

export interface BenchOptions {
  /** Only cases with this text in their name; undefined for all. */
  readonly case: string | undefined
  /** Seconds for each case. What cannot be cut short, such as filling a store, may take longer. */
  readonly seconds: number
  /** Says what is being measured now, to whoever waits. It is no part of the results. */
  progress(text: string): void
}

/** One question with its answers. */
export interface Section {
  /** For people, and for RESULTS.md: a heading of the third level, and a table. */
  readonly markdown: string
  /** For programs: `--json` prints each of them on a line. */
  readonly lines: readonly object[]
}

export type Bench = (options: BenchOptions) => Promise<readonly Section[]>
