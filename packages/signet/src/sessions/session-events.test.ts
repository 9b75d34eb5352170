import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSignet, decodeUnverified, type SignetEvent, type SignetOptions } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const keys = {
  algorithm: 'ES256',
  masterKey: '7c1f4e0b9a2d58e36f0147ac9bd3825e6a0f1c47d98b25e3',
} as const

async function bench(options: Partial<SignetOptions<never>> = {}) {
  const time = { now: START }
  const clock = () => new Date(time.now)
  const events: SignetEvent[] = []
  const signet = await createSignet({
    issuer: 'https://issuer.example',
    keys,
    store: memoryStore({ clock }),
    clock,
    onEvent: (event) => events.push(event),
    ...(options as object),
  })
  /** What has been told since the last call, as one line each. */
  const heard = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return events
      .splice(0)
      .map(({ type, subject, sessionId, target, reason }) =>
        [type, subject, sessionId === undefined ? undefined : 'session', target, reason]
          .filter((part) => part !== undefined)
          .join(', '),
      )
  }
  return { signet, time, events, heard, [Symbol.asyncDispose]: () => signet.close() }
}

describe('events', () => {
  it('tell each outcome of a refresh with its session, subject and what was odd', async () => {
    await using at = await bench()
    const first = await at.signet.issue({ subject: '42', clientId: 'app' })
    const app = { clientId: 'app', userAgent: 'Firefox' }
    const second = await at.signet.refresh(first.refreshToken, app)
    await at.signet.refresh(first.refreshToken, app)
    const refused = async (token: string, context: object) => {
      await assert.rejects(at.signet.refresh(token, context))
    }
    await refused(first.refreshToken, { clientId: 'app', userAgent: 'curl' })
    await refused(second.refreshToken, { clientId: 'other' })
    at.time.now += 52_000
    await refused(first.refreshToken, app)
    await refused(second.refreshToken, app)
    assert.deepEqual(await at.heard(), [
      'issued, 42, session',
      'rotated, 42, session',
      'repeated, 42, session',
      'superseded, 42, session, repeated from another device',
      'refused, 42, session, it was presented by another client or key than its own',
      'reused, 42, session, generation 0 came back while 1 was current, 52 s after the last refresh',
      'refused, session, the session was revoked',
    ])
  })

  it('tell idle from absolute expiry, a token without a session, and a refusal after a log-out elsewhere', async () => {
    await using at = await bench()
    await at.signet.issueAccessToken({ subject: 'job' })
    const { refreshToken } = await at.signet.issue({ subject: '42' })
    at.time.now += 14 * 86_400_000
    await assert.rejects(at.signet.refresh(refreshToken))
    at.time.now += 80 * 86_400_000
    // The token itself says when its session is over; only a store that is slow to agree is asked.
    await assert.rejects(at.signet.refresh(refreshToken))
    assert.deepEqual(await at.heard(), [
      'issued, job',
      'issued, 42, session',
      'expired, 42, session, it was not refreshed in time',
    ])
  })

  it('tell what was revoked, and why', async () => {
    await using at = await bench()
    const pair = await at.signet.issue({ subject: '42' })
    await at.heard()
    await at.signet.revoke({ token: pair.accessToken }, { reason: 'printed in a log' })
    await at.signet.revoke({ token: pair.refreshToken })
    await at.signet.revoke({ subject: '42' })
    await at.signet.revoke({ tokenId: 'x' })
    await at.signet.revoke({ keyId: at.signet.keys.list()[0]?.kid as string })
    await at.signet.revoke({ everything: true }, { reason: 'drill' })
    assert.deepEqual(await at.heard(), [
      'revoked, 42, session, token, printed in a log',
      'revoked, session, session',
      'revoked, 42, subject',
      'revoked, token',
      'revoked, key',
      'revoked, everything, drill',
    ])
  })

  it('tell once that a session is shared, when five generations in a row were asked for twice', async () => {
    await using at = await bench()
    let pair = await at.signet.issue({ subject: '42' })
    const share = async (times: number) => {
      for (let i = 0; i < times; i++) {
        const { refreshToken } = pair
        pair = await at.signet.refresh(refreshToken)
        for (let tab = 0; tab < 3; tab++) await at.signet.refresh(refreshToken)
      }
      return (await at.heard()).filter((line) => line.startsWith('shared'))
    }
    assert.deepEqual(await share(4), [])
    assert.equal((await share(1)).length, 1)
    assert.deepEqual(await share(12), [])
    pair = await at.signet.refresh(pair.refreshToken)
    assert.deepEqual(await share(4), [])
    assert.equal((await share(1)).length, 1)
    assert.equal((await at.signet.refresh(pair.refreshToken)).outcome, 'rotated')
  })

  it('never hold a token', async () => {
    await using at = await bench()
    const pair = await at.signet.issue({ subject: '42' })
    await at.signet.refresh(pair.refreshToken)
    at.time.now += 60_000
    await assert.rejects(at.signet.refresh(pair.refreshToken))
    await at.signet.revoke({ token: pair.accessToken })
    await new Promise((resolve) => setImmediate(resolve))
    const text = JSON.stringify(at.events)
    for (const token of [pair.accessToken, pair.refreshToken]) {
      for (const segment of token.split('.')) assert.ok(!text.includes(segment))
    }
    assert.ok(!text.includes(String(decodeUnverified(pair.refreshToken).claims.ses)))
  })

  it('harm nothing when their listener throws, rejects or is slow', async () => {
    let told = 0
    await using at = await bench({
      onEvent: (() => {
        told++
        if (told === 1) throw new Error('listener')
        return told === 2 ? Promise.reject(new Error('listener')) : new Promise(() => {})
      }) as never,
    })
    let pair = await at.signet.issue({ subject: '42' })
    for (let i = 0; i < 5; i++) pair = await at.signet.refresh(pair.refreshToken)
    await at.heard()
    assert.equal(told, 6)
  })
})
