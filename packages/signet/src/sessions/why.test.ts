import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSignet, type Explanation, explain, type SignetOptions } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const SECOND = 1000
const DAY = 86_400 * SECOND
const keys = {
  algorithm: 'ES256',
  masterKey: '7c1f4e0b9a2d58e36f0147ac9bd3825e6a0f1c47d98b25e3',
} as const
const phone = { context: { deviceLabel: 'Phone of Anna', userAgent: 'Firefox' } }

/** An issuer in memory, its clock, and what its store alone says of a token or session. */
async function bench(options: Partial<SignetOptions<never>> = {}) {
  const time = { now: START }
  const clock = () => new Date(time.now)
  const store = memoryStore({ clock })
  const signet = await createSignet({
    issuer: 'https://issuer.example',
    keys,
    store,
    clock,
    ...(options as object),
  })
  const why = (what: string) => explain(store, what, { now: clock() })
  return { signet, store, time, why, [Symbol.asyncDispose]: () => signet.close() }
}

function says({ sentences }: Explanation, ...patterns: readonly RegExp[]): void {
  for (const pattern of patterns) assert.match(sentences.join('\n'), pattern)
}

describe('why', () => {
  it('says of a session that is alive when it ends', async () => {
    await using at = await bench()
    const { sessionId } = await at.signet.issue({ subject: '42', ...phone })
    const told = await at.why(sessionId)
    assert.equal(told.verdict, 'alive')
    assert.equal(told.sessionId, sessionId)
    assert.deepEqual(told.events, [])
    says(told, /is alive: it ends at 2026-01-15T00:00:00.000Z unless it is refreshed before/)
    says(told, /begun by subject "42" at 2026-01-01T00:00:00.000Z on "Phone of Anna" and never/)
  })

  it('says of a reused session which generation came, from where, and how far outside the grace', async () => {
    await using at = await bench()
    const first = await at.signet.issue({ subject: '42', ...phone })
    at.time.now += 60 * SECOND
    const second = await at.signet.refresh(first.refreshToken, { userAgent: 'Firefox' })
    at.time.now += 52 * SECOND
    await assert.rejects(at.signet.refresh(first.refreshToken, { userAgent: 'curl' }))
    const told = await at.why(second.accessToken)
    assert.equal(told.verdict, 'reused')
    says(told, /ended at 2026-01-01T00:01:52.000Z because an old refresh token came back/)
    says(
      told,
      /of generation 0, replaced at 2026-01-01T00:01:00.000Z, while generation 1 was current/,
    )
    says(told, /came from "curl", while "Phone of Anna" holds the newest token/)
    says(told, /52 s after the last refresh, 42 s after the grace of 10 s/)
    says(told, /somebody has a copy/, /read without its key/)
    assert.deepEqual(
      told.events.map(({ type, generation, device }) => [type, generation, device]),
      [
        ['reused', 0, 'curl'],
        ['rotated', 0, 'Phone of Anna'],
      ],
    )
  })

  it('says that a repeat from the same device may be harmless, and that an older token is less so', async () => {
    await using at = await bench()
    const first = await at.signet.issue({ subject: '42', ...phone })
    const second = await at.signet.refresh(first.refreshToken, phone.context)
    at.time.now += 11 * SECOND
    await assert.rejects(at.signet.refresh(first.refreshToken, phone.context))
    says(await at.why(second.sessionId), /1 s after the grace of 10 s/, /It may be harmless/)
    const other = await at.signet.issue({ subject: '42' })
    const next = await at.signet.refresh(other.refreshToken)
    await at.signet.refresh(next.refreshToken)
    at.time.now += 3600 * SECOND
    await assert.rejects(at.signet.refresh(other.refreshToken))
    says(await at.why(other.sessionId), /went back to an old token/, /an unnamed device/)
  })

  it('knows the device of an event also when a device tells nothing of itself', async () => {
    await using at = await bench()
    const first = await at.signet.issue({ subject: '42', ...phone })
    await at.signet.refresh(first.refreshToken)
    const [event] = (await at.why(first.sessionId)).events
    assert.equal(event?.device, 'an unnamed device')
  })

  it('tells a revocation with its reason, an eviction, and a log-out of the whole subject', async () => {
    await using at = await bench({ session: { maxPerSubject: 2 } })
    const revoked = await at.signet.issue({ subject: 'a' })
    await at.signet.revoke({ sessionId: revoked.sessionId }, { reason: 'lost phone' })
    const told = await at.why(revoked.sessionId)
    assert.deepEqual([told.verdict, told.events[0]?.reason], ['revoked', 'lost phone'])
    says(told, /was revoked at 2026-01-01T00:00:00.000Z: "lost phone"/)

    const evicted = await at.signet.issue({ subject: 'b' })
    at.time.now += SECOND
    await at.signet.issue({ subject: 'b' })
    await at.signet.issue({ subject: 'b' })
    assert.equal((await at.why(evicted.sessionId)).verdict, 'evicted')

    const out = await at.signet.issue({ subject: 'c' })
    await at.signet.revoke({ subject: 'c' }, { reason: 'asked for' })
    for (const what of [out.sessionId, out.accessToken, out.refreshToken]) {
      assert.equal((await at.why(what)).verdict, 'logged-out-everywhere')
    }
    says(await at.why(out.accessToken), /log-out of its whole subject at 2026.*"asked for"/)
  })

  it('says of a session that ended twice what ended it first', async () => {
    await using at = await bench()
    const { sessionId, accessToken } = await at.signet.issue({ subject: '42' })
    await at.signet.revoke({ sessionId }, { reason: 'lost phone' })
    await at.signet.revoke({ subject: '42' })
    assert.equal((await at.why(accessToken)).verdict, 'revoked')
    assert.equal((await at.why(sessionId)).verdict, 'revoked')
  })

  it('holds nothing against a token that another issuer, or an earlier log-out, would hit', async () => {
    await using at = await bench()
    await at.signet.revoke({ subject: '42' })
    const { accessToken } = await at.signet.issue({ subject: '42' })
    const tokenId = at.signet.verify(accessToken).jti
    await at.signet.revoke({ tokenId, issuer: 'https://other.example' })
    assert.equal((await at.why(accessToken)).verdict, 'alive')
    const service = await at.signet.issueAccessToken({ subject: '42' })
    assert.equal((await at.why(service.accessToken)).verdict, 'alive')
    await at.signet.revoke({ subject: '42' }, { reason: 'again' })
    const told = await at.why(service.accessToken)
    assert.equal(told.verdict, 'logged-out-everywhere')
    says(told, /"again"/)
  })

  it('counts from the grace it is told of', async () => {
    await using at = await bench()
    const { refreshToken, sessionId } = await at.signet.issue({ subject: '42' })
    await at.signet.refresh(refreshToken)
    at.time.now += 52 * SECOND
    await assert.rejects(at.signet.refresh(refreshToken))
    const told = (reuseGraceSeconds: number) => explain(at.store, sessionId, { reuseGraceSeconds })
    says(await told(0), /52 s after the last refresh, and there is no grace/)
    says(await told(20), /32 s after the grace of 20 s/)
    says(await told(60), /so a shorter grace than 60 s was in force/)
  })

  it('tells idle from absolute expiry', async () => {
    await using at = await bench()
    const { sessionId } = await at.signet.issue({ subject: '42' })
    at.time.now += 14 * DAY
    says(await at.why(sessionId), /ended at 2026-01-15.*had not been refreshed for 14 days/)
    assert.equal((await at.why(sessionId)).verdict, 'idle')
    at.time.now += 90 * DAY
    assert.equal((await at.why(sessionId)).verdict, 'expired')
  })

  it('tells the token from its session: revoked by its own id, expired, or signed by a withdrawn key', async () => {
    await using at = await bench()
    const pair = await at.signet.issue({ subject: '42' })
    await at.signet.revoke({ token: pair.accessToken }, { reason: 'printed in a log' })
    const told = await at.why(pair.accessToken)
    assert.equal(told.verdict, 'revoked')
    says(
      told,
      /token itself was revoked at .*"printed in a log".*its session may go on/,
      /is alive/,
    )
    assert.equal((await at.why(pair.sessionId)).verdict, 'alive')

    const service = await at.signet.issueAccessToken({ subject: '42' })
    says(await at.why(service.accessToken), /holds nothing against token/)
    at.time.now += 1801 * SECOND
    assert.equal((await at.why(service.accessToken)).verdict, 'expired')

    const signed = await at.signet.issue({ subject: '42' })
    await at.signet.revoke({ keyId: at.signet.keys.list()[0]?.kid as string })
    assert.equal((await at.why(signed.accessToken)).verdict, 'key-withdrawn')
    assert.equal((await at.signet.sessions.explain(signed.accessToken)).verdict, 'key-withdrawn')
  })

  it('places a refresh token within its session, and knows one that is not of it', async () => {
    await using at = await bench()
    const first = await at.signet.issue({ subject: '42' })
    says(await at.why(first.refreshToken), /generation 0, the newest/)
    const second = await at.signet.refresh(first.refreshToken)
    says(await at.why(first.refreshToken), /generation 0; 1 is the newest/)
    await using elsewhere = await bench()
    const stranger = await elsewhere.signet.issue({ subject: '42' })
    const [head, , mac] = stranger.refreshToken.split('.')
    const claims = JSON.parse(
      Buffer.from(stranger.refreshToken.split('.')[1] ?? '', 'base64url').toString(),
    )
    const forged = Buffer.from(JSON.stringify({ ...claims, sid: second.sessionId }))
    assert.equal((await at.why(`${head}.${forged.toString('base64url')}.${mac}`)).verdict, 'forged')
  })

  it('knows from the log alone what became of a session whose row is gone', async () => {
    await using at = await bench()
    const sessionId = 'x'.repeat(38)
    assert.equal((await at.why(sessionId)).verdict, 'unknown')
    await at.signet.revoke({ sessionId }, { reason: 'by hand' })
    says(await at.why(sessionId), /was revoked at .*"by hand".*more is not kept/)
  })

  it('warns of a session that two may share', async () => {
    await using at = await bench()
    let pair = await at.signet.issue({ subject: '42' })
    for (let i = 0; i < 5; i++) {
      const next = await at.signet.refresh(pair.refreshToken)
      await at.signet.refresh(pair.refreshToken)
      pair = next
    }
    says(await at.why(pair.sessionId), /last 5 refreshes was asked for twice/)
  })

  it('reads a log of many pages', async () => {
    await using at = await bench()
    const { accessToken } = await at.signet.issue({ subject: '42' })
    for (let i = 0; i < 2500; i++) await at.signet.revoke({ tokenId: `token ${i}` })
    await at.signet.revoke({ token: accessToken })
    assert.equal((await at.why(accessToken)).verdict, 'revoked')
  })

  it('refuses what is neither a session id nor a token, and never repeats it', async () => {
    await using at = await bench()
    await assert.rejects(at.why('nonsense'), /three segments/)
    await assert.rejects(explain(at.store, 'x', { grace: 1 } as never), /unknown option 'grace'/)
  })

  it('passes over the sessions of another issuer in the same store', async () => {
    await using at = await bench()
    const { sessionId } = await at.signet.issue({ subject: '42' })
    await using other = await createSignet({
      issuer: 'https://other.example',
      keys,
      store: at.store,
    })
    assert.equal((await other.sessions.explain(sessionId)).verdict, 'unknown')
    assert.equal((await at.signet.sessions.explain(sessionId)).verdict, 'alive')
    await at.signet.revoke({ sessionId })
    assert.equal((await other.sessions.explain(sessionId)).verdict, 'unknown')
  })
})
