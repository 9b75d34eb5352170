/**
 * What a test needs beyond Node.js and npm, found by itself. On a developer's machine a test whose need is missing is
 * skipped and the run ends with a line that says how to get it; with CI=true it fails, since there nobody reads lines.
 *
 *     const python = needPython(t)
 *     if (python === undefined) return
 */
import { spawnSync } from 'node:child_process'
import type { TestContext } from 'node:test'

/** The part of the test context that is used here. */
export type Skippable = Pick<TestContext, 'skip'>

/**
 * Looks for something and skips the test when it is not there.
 *
 * @param what its name, as in 'PyJWT'
 * @param how the command that gets it, as in 'apt-get install python3-jwt'
 * @param find answers what was found, or undefined
 * @throws Error when CI=true and it is missing
 */
export function need<Found>(
  t: Skippable,
  what: string,
  how: string,
  find: () => Found | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): Found | undefined {
  const found = find()
  if (found !== undefined) return found
  const reason = `needs ${what}: ${how}`
  if (environment.CI === 'true') throw new Error(`with CI=true nothing is skipped; ${reason}`)
  t.skip(reason)
  return undefined
}

/** `need` for a promise of something, such as a server that is started for the test. */
export async function needAsync<Found>(
  t: Skippable,
  what: string,
  how: string,
  find: () => Promise<Found | undefined>,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Found | undefined> {
  const found = await find()
  return need(t, what, how, () => found, environment)
}

/** A command on the PATH, by its name; answers the name. */
export function needCommand(t: Skippable, command: string, how: string): string | undefined {
  return need(t, command, how, () => findCommand(command))
}

/** A Python that has PyJWT: the first on the PATH, or the system's, which is where Debian's package goes. */
export function needPython(t: Skippable): string | undefined {
  return need(t, 'PyJWT', 'apt-get install python3-jwt', () =>
    ['python3', '/usr/bin/python3'].find(importsJwt),
  )
}

/** The opposite of the reason given to `skip`. */
export function missingFromReason(reason: string): { what: string; how: string } | undefined {
  const match = /^needs (?<what>.+?): (?<how>.+)$/.exec(reason)
  const { what, how } = match?.groups ?? {}
  return what === undefined || how === undefined ? undefined : { what, how }
}

/** Chromium as Debian installs it, or undefined. */
export function findChromium(): string | undefined {
  const found = spawnSync('which', ['chromium'], { encoding: 'utf8' })
  return found.status === 0 ? found.stdout.trim() : undefined
}

function findCommand(command: string): string | undefined {
  const finder = process.platform === 'win32' ? 'where' : 'which'
  return spawnSync(finder, [command]).status === 0 ? command : undefined
}

const pythons = new Map<string, boolean>()

function importsJwt(python: string): boolean {
  const known = pythons.get(python)
  if (known !== undefined) return known
  const answer = spawnSync(python, ['-c', 'import jwt; jwt.encode']).status === 0
  pythons.set(python, answer)
  return answer
}
