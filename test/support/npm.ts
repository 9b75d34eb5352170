/** Child processes of tests: node itself, npm, and whatever else, with their output when they fail. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd: string
  /** Added to the environment of this process. */
  readonly env?: NodeJS.ProcessEnv
}

/** Runs a command to its end, whatever the end is. The Node that runs this is the first on the command's PATH. */
export function run(command: string, args: readonly string[], { cwd, env }: RunOptions): Ended {
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    // A child that is itself a test run must not report to ours.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, PATH: path, ...env },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (error !== undefined) throw error
  return { status, stdout, stderr }
}

/** Runs a command that must succeed; answers what it printed. @throws Error with its whole output */
export function mustRun(command: string, args: readonly string[], options: RunOptions): string {
  const { status, stdout, stderr } = run(command, args, options)
  if (status === 0) return stdout
  throw new Error(`${[command, ...args].join(' ')} ended with ${status}\n${stdout}${stderr}`)
}

/** Runs npm on the Node that runs this: the npm that started the test run, or the one on the PATH. */
export function npm(args: readonly string[], options: RunOptions): string {
  const script = process.env.npm_execpath
  return script?.endsWith('.js')
    ? mustRun(process.execPath, [script, ...args], options)
    : mustRun('npm', args, options)
}

/** A folder that is gone afterwards: pass a test's context, or `{ after }` of node:test for a suite's folder. */
export function temporaryFolder(t: { after(remove: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'signet-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
