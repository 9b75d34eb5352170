import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSignet, generateSecret } from 'signet-jwt'
import { newAdminKey } from './admin-key.ts'
import { redact } from './log.ts'

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

  it('leaves what people need to read', () => {
    const line = 'StoreUnavailableError at file:///srv/signet/packages/server/src/main.ts:12:3'
    assert.equal(redact(line), line)
  })
})
