import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSignet, ExpiredTokenError } from '../index.ts'
import { frozenClock } from './frozen-clock.ts'

describe('frozenClock', () => {
  it('stands still, is wound forward and set anywhere', () => {
    const clock = frozenClock('2026-03-01T00:00:00Z')
    assert.equal(clock().toISOString(), '2026-03-01T00:00:00.000Z')
    clock.windSeconds(90.5)
    assert.equal(clock().toISOString(), '2026-03-01T00:01:30.500Z')
    clock.set(new Date(0))
    assert.equal(clock().getTime(), 0)
  })

  it('hands out a new Date each time, so that nobody can move it by accident', () => {
    const clock = frozenClock()
    clock().setFullYear(1970)
    assert.equal(clock().getUTCFullYear(), 2026)
  })

  it('governs when tokens expire and sessions end', async () => {
    const clock = frozenClock()
    await using signet = await createSignet({ issuer: 'https://api.example', clock })
    const { accessToken, refreshToken } = await signet.issue({ subject: '42' })
    clock.windSeconds(1799)
    signet.verify(accessToken)
    clock.windSeconds(1)
    assert.throws(() => signet.verify(accessToken), ExpiredTokenError)
    clock.windSeconds(14 * 86_400)
    await assert.rejects(signet.refresh(refreshToken), { code: 'ERR_REFRESH_TOKEN_EXPIRED' })
  })

  it('refuses what is no time, and winding back', () => {
    assert.throws(() => frozenClock('yesterday'), /'start' must be a valid Date/)
    assert.throws(() => frozenClock().set('later'), /'time' must be a valid Date/)
    assert.throws(() => frozenClock().windSeconds(-1), /'seconds' must be at least 0/)
  })
})
