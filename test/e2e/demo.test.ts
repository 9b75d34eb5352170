import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

const main = new URL('../../packages/signet/src/cli/main.ts', import.meta.url).pathname

test('signet demo shows three processes refuse, a stolen refresh token noticed, and leaves nothing behind', async () => {
  const args = [
    '--conditions=@signet-jwt/source',
    '--disable-warning=ExperimentalWarning',
    main,
    'demo',
  ]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args)
  assert.equal(stderr, '')
  const lines = [
    /^3 verifiers run, each a process of its own \(\d+, \d+, \d+\)/m,
    /anna logs in +accepted by 3 of 3/,
    /revoke.* refused by 3 of 3 in \d+\.\d ms/,
    /the receipt +complete after \d+\.\d ms/,
    /the thief uses the copy +an old refresh token came back/,
    /bert's access token +refused by 3 of 3 in \d+\.\d ms/,
    /bert's refresh token +the session was revoked/,
  ]
  for (const line of lines) assert.match(stdout, line)
  assert.doesNotMatch(stdout, /eyJ/)
})
