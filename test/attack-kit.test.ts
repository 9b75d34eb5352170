/**
 * The attack kit of signet-jwt/testing: that it finds what is wrong with a system, each scenario what it is meant for; and
 * that it finds nothing in Signet, on every store and through the real server.
 */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createSignet, generateSecret } from 'signet-jwt'
import { attack, frozenClock, printReport, scenarios, signetSystem } from 'signet-jwt/testing'
import { temporaryDirectory } from './e2e/server-process.ts'
import { attackedStores } from './support/attacked-stores.ts'
import { FlawedRotator, type RotatorFlaw } from './support/flawed-rotator.ts'
import { servedSignet } from './support/served-signet.ts'

/** What is wrong, and the scenarios that must say so. */
const meant: { readonly [flaw in RotatorFlaw]: readonly string[] } = {
  'reads, waits, then writes': ['S1', 'C1', 'C3'],
  'has no grace': ['S1', 'S2', 'S4', 'A4', 'A5', 'A8', 'C3', 'X1'],
  'ends a session over an older generation inside the grace': ['A2', 'B5'],
  'ends a session over another user agent inside the grace': ['A3', 'C2', 'B5'],
  'ends a session over many repeats': ['A4', 'C1'],
  'forgets the descendants when it ends a session': ['K2'],
  'ends a session token by token': ['K1'],
  'leaves access tokens alone': ['B1', 'K2', 'K3'],
  'ends every session of the user': ['K4'],
  'gives a repeat a successor of its own': ['S4', 'A6', 'B3', 'B4', 'C1'],
  'answers the predecessor for ever': ['S5', 'S9', 'A1', 'A7', 'B1', 'G1'],
  'answers any generation inside the grace': ['S8', 'B5'],
  'begins the grace anew with every repeat': ['G1'],
  'replaces a successor that was not used': ['S2'],
  'ignores the user agent': ['S6', 'S7', 'B5'],
  'never ends a session': ['S3', 'B1', 'B2', 'B6', 'K2', 'K3', 'X2'],
  'answers 500 to whoever comes second': ['C1', 'C3', 'S1'],
  'dies between two statements': ['X1'],
  'answers 500 after a crash': ['X1', 'X2', 'X3'],
}

suite('the attack kit finds', () => {
  const found = new Set<string>()

  for (const [flaw, ids] of Object.entries(meant) as [RotatorFlaw, readonly string[]][]) {
    test(`a system that ${flaw}`, async () => {
      const report = await attack(new FlawedRotator(frozenClock(), flaw), { size: 6 })
      const failed = report.scenarios.filter(({ isKept }) => !isKept).map(({ id }) => id)
      for (const id of failed) found.add(id)
      assert.deepEqual(
        ids.filter((id) => !failed.includes(id)),
        [],
        printReport(report),
      )
      assert.equal(report.isKept, false)
    })
  }

  test('something with every scenario it has', () => {
    assert.deepEqual(
      scenarios.map(({ id }) => id).filter((id) => !found.has(id)),
      [],
    )
  })

  test('nothing in a system that is sound', async () => {
    const report = await attack(new FlawedRotator(frozenClock()), { size: 6 })
    assert.ok(report.isKept, printReport(report))
    assert.equal(report.totals.spuriousLogouts, 0)
    assert.deepEqual(
      report.scenarios.filter(({ skipped }) => skipped !== undefined),
      [],
    )
  })
})

suite('the attack kit finds nothing in Signet', () => {
  for (const { name, open } of attackedStores) {
    for (const graceSeconds of [10, 0]) {
      test(`on ${name}, with a grace of ${graceSeconds} s`, async (t) => {
        const clock = frozenClock()
        const opened = await open(t, clock)
        if (opened === undefined) return
        const secret = generateSecret()
        await using system = await signetSystem(
          (mortal) =>
            createSignet({
              issuer: 'https://issuer.example',
              secret,
              store: mortal(opened.store()),
              clock,
              session: { reuseGraceSeconds: graceSeconds },
            }),
          { name, graceSeconds, clock },
        )
        const seed = Number(process.env.SIGNET_SEED ?? process.pid)
        const report = await attack(system, { seed })
        t.diagnostic(`seed ${seed}; ${printReport(report).split('\n')[0]}`)
        assert.ok(report.isKept, `seed ${seed}\n${printReport(report)}`)
        assert.deepEqual(
          report.scenarios.filter(({ skipped }) => skipped !== undefined),
          [],
        )
        const { doubleSpends, survivors, accessSurvivors, faults, spuriousLogouts } = report.totals
        assert.deepEqual([doubleSpends, survivors, accessSurvivors, faults], [0, 0, 0, 0])
        if (graceSeconds > 0) assert.equal(spuriousLogouts, 0)
      })
    }
  }
})

test('the attack kit finds nothing in the real server, over HTTP', async (t) => {
  const { path, remove } = temporaryDirectory()
  try {
    await using system = await servedSignet(path)
    const report = await attack(system, { size: 20 })
    t.diagnostic(printReport(report).split('\n')[0] ?? '')
    assert.ok(report.isKept, printReport(report))
    assert.equal(report.totals.spuriousLogouts, 0, printReport(report))
  } finally {
    remove()
  }
})
