import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { seedOfRun } from '../../packages/signet/src/stores/contract/material.ts'
import { memoryStore } from '../../packages/signet/src/stores/memory.ts'
import { sqliteStore } from '../../packages/signet/src/stores/sqlite.ts'
import type { Store } from '../../packages/signet/src/stores/store.ts'
import { checkHistories } from './histories.ts'

const directory = mkdtempSync(join(tmpdir(), 'signet-'))
after(() => rmSync(directory, { recursive: true }))
let files = 0

test('300 histories with crashes are what the sequential model says, in memory', async (t) => {
  t.diagnostic(`SIGNET_SEED=${seedOfRun()}`)
  const outcomes = await checkHistories((clock) => memoryStore({ clock }), 300, seedOfRun())
  t.diagnostic(JSON.stringify(outcomes))
  for (const outcome of ['rotated', 'repeated', 'superseded', 'reused', 'revoked', 'created'])
    assert.ok((outcomes[outcome] ?? 0) > 0, `no ${outcome}`)
})

test('20 histories with crashes are what the sequential model says, on SQLite', async (t) => {
  t.diagnostic(`SIGNET_SEED=${seedOfRun()}`)
  const make = (clock: () => Date) => sqliteStore(join(directory, `${files++}.db`), { clock })
  await checkHistories(make, 20, seedOfRun())
})

/** Stores that leave a rule out. */
const planted: readonly [string, (store: Store) => Partial<Store>][] = [
  [
    'a log-out reaches the log and not the sessions',
    (store) => ({
      revoke: (revocation) =>
        store.revoke(
          revocation.kind === 'subject' ? { ...revocation, hs: 'h'.repeat(16) } : revocation,
        ),
    }),
  ],
  [
    'a step is carried out twice',
    (store) => ({
      rotate: async (asked) => {
        const first = await store.rotate(asked)
        if (first.outcome !== 'rotated') return first
        return store.rotate({ ...asked, gen: asked.gen + 1, attempt: `${asked.attempt} again` })
      },
    }),
  ],
  [
    'whatever is old is killed inside the grace, too',
    (store) => ({
      rotate: (asked) => store.rotate({ ...asked, policy: { ...asked.policy, grace: 0 } }),
    }),
  ],
  [
    'a reused session lives on',
    (store) => ({
      rotate: (asked) => store.rotate({ ...asked, policy: { ...asked.policy, grace: 1e9 } }),
    }),
  ],
  [
    'a revocation is answered and not made',
    (store) => ({
      revoke: async (revocation) => {
        const { position, ...rest } = await store.revoke({
          ...revocation,
          kind: 'token',
          tokenId: 'another',
          expiresAt: undefined,
        })
        return { position, ...rest }
      },
    }),
  ],
]

for (const [what, breakStore] of planted) {
  test(`the histories find it when ${what}`, async () => {
    const make = (clock: () => Date) => {
      const store = memoryStore({ clock })
      return { ...store, ...breakStore(store) }
    }
    await assert.rejects(checkHistories(make, 1000, seedOfRun()), /Property failed/)
  })
}
