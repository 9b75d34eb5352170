import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSignet, generateSecret } from 'signet-jwt'
import { newAdminKey } from './admin-keys.ts'
import { createLog, redact } from './log.ts'

describe('redact', () => {
  it('takes out tokens, admin keys and secrets', async () => {
    const signet = await createSignet({ issuer: 'https://issuer.example' })
    const { accessToken, refreshToken } = await signet.issue({ subject: '42' })
    await signet.close()
    const hex = generateSecret()
    const base64url = generateSecret(32, 'base64url')
    const line = redact(
      `a ${accessToken} b ${refreshToken} c ${newAdminKey()} d ${hex} e ${base64url} f`,
    )
    assert.equal(line, 'a [token] b [token] c [admin key] d [secret] e [secret] f')
  })

  it('takes out a secret whole, also one that begins or ends with a dash', () => {
    const secret = `-${'aB3_'.repeat(10)}-`
    assert.equal(redact(`a ${secret} b`), 'a [secret] b')
  })

  it('leaves what people need to read', () => {
    const line = 'StoreUnavailableError at file:///srv/signet/packages/server/src/main.ts:12:3'
    assert.equal(redact(line), line)
  })
})

describe('the log', () => {
  const lines: { readonly [name: string]: unknown }[] = []
  const log = createLog('info', (line) => lines.push(JSON.parse(line)))

  it('is one object a line, with what was asked and what came of it', () => {
    log.request({
      requestId: 'r-1',
      method: 'GET',
      route: '/v1/whoami',
      status: 200,
      durationMs: 1,
    })
    const { time, level, ...rest } = lines.at(-1) ?? {}
    assert.equal(level, 30)
    assert.match(String(time), /^\d{4}-/)
    const asked = {
      requestId: 'r-1',
      method: 'GET',
      route: '/v1/whoami',
      status: 200,
      durationMs: 1,
    }
    assert.deepEqual(rest, { ...asked, msg: 'request' })
  })

  it('tells faults with their stack, and nothing that could be used to log in', () => {
    const error = Object.assign(new Error(`bad ${newAdminKey()}`), { code: 'E_X' })
    log.error('GET /v1/whoami', error, 'r-2')
    const { about, requestId, message, code, stack } = lines.at(-1) ?? {}
    assert.deepEqual(
      [about, requestId, message, code],
      ['GET /v1/whoami', 'r-2', 'bad [admin key]', 'E_X'],
    )
    assert.match(String(stack), /log\.test/)
    log.error('x', 'thrown text')
    assert.equal(lines.at(-1)?.message, 'what was thrown is not an error')
  })

  it('says nothing when it is silent', () => {
    createLog('silent', () => assert.fail('it spoke')).event({ type: 'revoked' })
  })
})
