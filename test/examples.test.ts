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

test("another issuer's tokens are taken back", () => {
  assert.equal(
    run('revoke-oidc-tokens.ts'),
    [
      'the first token is accepted, for job',
      'the first token is refused: the token was revoked',
      'the second token is accepted, for job',
      'the second token is refused: the subject was revoked',
      '',
    ].join('\n'),
  )
})

test('handlers of the Fetch API refuse by the one table', () => {
  assert.equal(
    run('fetch-handlers.ts'),
    [
      'GET                   200 {"reader":"42"}',
      'GET, no token         401 {"error":"missing_token","error_description":"an access token is needed here"}',
      'DELETE, a reader      403 {"error":"insufficient_scope","error_description":"the token is good and does not grant what is asked for"}',
      'GET, logged out       401 {"error":"invalid_token","error_description":"the token has been revoked"}',
      '',
    ].join('\n'),
  )
})

test('a guard for NestJS refuses by the one table', () => {
  assert.equal(
    run('nest-guard.ts'),
    [
      'logged in     200 {"id":"42","role":"editor"}',
      'no token      401 {"error":"missing_token","error_description":"an access token is needed here"}',
      'logged out    401 {"error":"invalid_token","error_description":"the token has been revoked"}',
      '',
    ].join('\n'),
  )
})
