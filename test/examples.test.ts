/** The examples are programs: they run, and what they print is the same each time. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

function run(example: string): string {
  const file = join(import.meta.dirname, '..', 'examples', example)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@signet-jwt/source', file],
    { encoding: 'utf8' },
  )
  assert.equal(status, 0, stderr)
  return stdout
}

test('the first token prints the same every time and never a token', () => {
  const output = run('first-token.ts')
  assert.equal(run('first-token.ts'), output)
  assert.match(output, /create and decode +user 42 is editor \(access\)/)
  assert.doesNotMatch(output, /eyJ/)
})

test('a WebSocket is closed at log-out, on one device and then on all', () => {
  assert.equal(
    run('close-websocket-on-logout.ts'),
    [
      'phone     welcome, user 42',
      'laptop    welcome, user 42',
      'server    the phone is logged out',
      'phone     closed with 4401 RevokedTokenError',
      'phone     closed with 4401 RevokedTokenError',
      'server    the user is logged out everywhere',
      'laptop    closed with 4401 RevokedTokenError',
      '',
    ].join('\n'),
  )
})
