import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSignet, type SignetOptions } from '../index.ts'

const START = Date.parse('2026-01-01T00:00:00Z')

async function bench(session: SignetOptions<never>['session'] = {}) {
  const time = { now: START }
  const signet = await createSignet({
    issuer: 'https://issuer.example',
    session,
    clock: () => new Date(time.now),
  })
  return { signet, time, [Symbol.asyncDispose]: () => signet.close() }
}

const phone = { deviceLabel: 'phone', userAgent: 'Firefox', ip: '192.0.2.1' }
const thief = { userAgent: 'curl', ip: '203.0.113.9' }

describe('a session record', () => {
  it('keeps no address unless it is asked to', async () => {
    await using at = await bench()
    const { sessionId, refreshToken } = await at.signet.issue({ subject: '42', context: phone })
    await at.signet.refresh(refreshToken, thief)
    const session = await at.signet.sessions.get(sessionId)
    assert.deepEqual([session?.deviceLabel, session?.userAgent], ['phone', 'Firefox'])
    const { events } = await at.signet.sessions.explain(sessionId)
    assert.ok(!JSON.stringify([session, events]).includes('192.0.2.1'))
    assert.ok(!JSON.stringify([session, events]).includes('203.0.113.9'))
  })

  it('keeps addresses with recordIp, also of devices that came later', async () => {
    await using at = await bench({ recordIp: true })
    const { sessionId, refreshToken } = await at.signet.issue({ subject: '42', context: phone })
    await at.signet.refresh(refreshToken, thief)
    const session = await at.signet.sessions.get(sessionId)
    assert.deepEqual([session?.ip, session?.refreshedBy], ['192.0.2.1', '203.0.113.9 curl'])
  })

  it('names the device of the last refresh while it is another than that of the login', async () => {
    await using at = await bench()
    let pair = await at.signet.issue({ subject: '42', context: phone })
    const refreshedBy = async (context: object) => {
      at.time.now += 1000
      pair = await at.signet.refresh(pair.refreshToken, context)
      return (await at.signet.sessions.get(pair.sessionId))?.refreshedBy
    }
    const { ip: _, ...same } = phone
    assert.equal(await refreshedBy(same), undefined)
    assert.equal(await refreshedBy(thief), 'curl')
    assert.equal(await refreshedBy(thief), 'curl')
    assert.equal(await refreshedBy({}), 'an unnamed device')
    assert.equal(await refreshedBy(same), undefined)
    const session = await at.signet.sessions.get(pair.sessionId)
    assert.deepEqual(
      [session?.createdAt, session?.refreshedAt, session?.expiresAt],
      [START, START + 5000, START + 5000 + 14 * 86_400_000].map((at) => new Date(at)),
    )
  })

  it('takes a repeat from elsewhere for no change of hands', async () => {
    await using at = await bench()
    const first = await at.signet.issue({ subject: '42', context: phone })
    const second = await at.signet.refresh(first.refreshToken, phone)
    await at.signet.refresh(first.refreshToken, { deviceLabel: 'a proxy' })
    await at.signet.refresh(second.refreshToken, phone)
    const { events } = await at.signet.sessions.explain(first.sessionId)
    assert.deepEqual(
      events.map(({ type, device }) => [type, device]),
      [
        ['rotated', 'phone'],
        ['repeated', 'a proxy'],
        ['rotated', 'phone'],
      ],
    )
  })

  it('is listed a page at a time', async () => {
    await using at = await bench()
    const issued: string[] = []
    for (let i = 0; i < 5; i++) {
      at.time.now += 1000
      issued.push((await at.signet.issue({ subject: '42' })).sessionId)
    }
    const listed: string[] = []
    for (let after: string | undefined; ; ) {
      const page = await at.signet.sessions.list({
        subject: '42',
        limit: 2,
        ...(after === undefined ? {} : { after }),
      })
      assert.ok(page.sessions.length <= 2)
      listed.push(...page.sessions.map(({ sessionId }) => sessionId))
      if (page.next === undefined) break
      after = page.next
    }
    assert.deepEqual(listed, issued)
  })

  it('takes only true or false for recordIp', async () => {
    await assert.rejects(
      createSignet({ issuer: 'i', session: { recordIp: 'yes' as never } }),
      /'session.recordIp' must be true or false, got a string/,
    )
  })
})
