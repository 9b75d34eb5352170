import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { RevokedTokenError, StaleRevocationsError } from './errors.ts'
import { createAccessVerifier, createSignet, generateSecret, type SignetEvent } from './index.ts'
import { memoryStore } from './stores/memory.ts'
import { sqliteStore } from './stores/sqlite.ts'
import type { Store } from './stores/store.ts'

const ISSUER = 'https://issuer.example'
const keys = { algorithm: 'ES256', masterKey: generateSecret() } as const

const open = (store: Store) => createSignet({ issuer: ISSUER, keys, store })

describe('signet.watch', () => {
  it('fires for every kind of revocation, with what verify would throw', async () => {
    await using signet = await open(memoryStore())
    const pair = await signet.issue({ subject: '42' })
    const other = await signet.issue({ subject: '42' })
    const watch = (token: string) => signet.watch(signet.verify(token))
    const [token, kept] = [watch(pair.accessToken), watch(other.accessToken)]
    await signet.revoke({ token: pair.accessToken })
    assert.deepEqual([token.reason.revokedBy, kept.aborted], ['token', false])
    await signet.revoke({ sessionId: other.sessionId })
    assert.equal(kept.reason.revokedBy, 'session')

    const [mine, theirs] = [
      await signet.issue({ subject: '7' }),
      await signet.issue({ subject: '7' }),
    ]
    const [spared, ended] = [watch(mine.accessToken), watch(theirs.accessToken)]
    await signet.revoke({ othersThan: { subject: '7', sessionId: mine.sessionId } })
    assert.deepEqual([spared.reason.revokedBy, ended.reason.revokedBy], ['subject', 'subject'])
    const renewed = watch((await signet.refresh(mine.refreshToken)).accessToken)
    assert.equal(renewed.aborted, false)

    await signet.revoke({ everything: true }, { waitFor: 'fleet' })
    if (!renewed.aborted) await once(renewed, 'abort')
    assert.equal(renewed.reason.revokedBy, 'key')
  })

  it('fires in another process on the same file within milliseconds', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'signet-'))
    const path = join(directory, 'signet.db')
    const stores = [sqliteStore(path), sqliteStore(path)]
    await using signet = await open(stores[0] as Store)
    await using other = await open(stores[1] as Store)
    const { accessToken, sessionId } = await signet.issue({ subject: '42' })
    const signal = other.watch(other.verify(accessToken))
    const fired = once(signal, 'abort')
    await signet.revoke({ sessionId }, { waitFor: 'fleet' })
    await fired
    assert.ok(signal.reason instanceof RevokedTokenError)
    await Promise.all([signet.close(), other.close()])
    await Promise.all(stores.map((store) => store.close()))
    rmSync(directory, { recursive: true })
  })

  it('serves verifiers that issue nothing', async () => {
    await using signet = await open(memoryStore())
    const { accessToken, sessionId } = await signet.issue({ subject: '42' })
    const verifier = await createAccessVerifier({
      issuers: [
        {
          issuer: ISSUER,
          audience: ISSUER,
          keys: (await import('./codec.ts')).createKeySet(signet.keys.jwks() as never),
          maxLifetimeSeconds: 1800,
        },
      ],
      revocations: signet.revocations,
    })
    const signal = verifier.watch(verifier.verify(accessToken))
    await signet.revoke({ sessionId })
    assert.equal(signal.reason.revokedBy, 'session')
    const { accessToken: next } = await signet.issue({ subject: '42' })
    const last = verifier.watch(verifier.verify(next))
    await verifier.close()
    assert.ok(last.reason instanceof StaleRevocationsError)
  })

  it('fires at close', async () => {
    const signet = await open(memoryStore())
    const { accessToken } = await signet.issue({ subject: '42' })
    const signal = signet.watch(signet.verify(accessToken))
    await signet.close()
    assert.ok(signal.reason instanceof StaleRevocationsError)
  })
})

describe('a store that falls silent', () => {
  it('is told of by an issuer that is open only', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const events: SignetEvent[] = []
    const onEvent = (event: SignetEvent) => events.push(event)
    const signet = await createSignet({ issuer: ISSUER, onEvent })
    await signet.close()
    t.mock.timers.tick(60_000)
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(events, [])
  })

  it('makes the verifier stale, then lapsed, then fresh, in events and signals', async () => {
    let isAway = false
    const inner = memoryStore()
    const store: Store = {
      ...inner,
      beat: async (report) => {
        if (isAway) throw new Error('away')
        return inner.beat(report)
      },
    }
    const events: SignetEvent[] = []
    let onFresh = () => {}
    const fresh = new Promise<void>((resolve) => {
      onFresh = resolve
    })
    await using signet = await createSignet({
      issuer: ISSUER,
      keys,
      store,
      revocation: { maxStalenessSeconds: 0.5 },
      onEvent: (event) => {
        if (event.type === 'error') return
        events.push(event)
        if (event.type === 'fresh') onFresh()
      },
    })
    const { accessToken } = await signet.issue({ subject: '42' })
    const signal = signet.watch(signet.verify(accessToken))
    isAway = true
    await once(signal, 'abort')
    assert.ok(signal.reason instanceof StaleRevocationsError)
    assert.throws(() => signet.verify(accessToken), StaleRevocationsError)
    while (!events.some(({ type }) => type === 'lapsed')) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    isAway = false
    await fresh
    assert.deepEqual(
      events.map(({ type }) => type),
      ['issued', 'stale', 'lapsed', 'fresh'],
    )
    assert.match(events[1]?.reason ?? '', /nothing has been heard of revocations for 0\.\d s/)
  })
})
