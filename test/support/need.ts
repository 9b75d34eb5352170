/** What a test needs beyond Node itself: found, or skipped with a word about how to get it. */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'

/** A Python that has PyJWT. Skips the test where there is none; with CI=true that is a failure. */
export function needPython(t: TestContext): string {
  const python = '/usr/bin/python3'
  const found = existsSync(python) && spawnSync(python, ['-c', 'import jwt']).status === 0
  if (!found) {
    if (process.env.CI === 'true') throw new Error('PyJWT is missing: apt-get install python3-jwt')
    t.skip('PyJWT is missing: apt-get install python3-jwt')
  }
  return python
}
