import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSignet, generateSecret } from '../../index.ts'
import { memoryStore } from '../../stores/memory.ts'
import { frozenClock } from '../frozen-clock.ts'
import { attack, printReport, scenarios } from './run.ts'
import { signetSystem } from './signet-system.ts'
import type { RotationSystem } from './system.ts'

/** A system that refuses every refresh. */
const refusing: RotationSystem = {
  name: 'a wall',
  graceSeconds: 0,
  issue: async (subject) => ({ accessToken: `a ${subject}`, refreshToken: `r ${subject}` }),
  refresh: async () => ({ kind: 'refused' }),
  authenticate: async () => false,
}

describe('attack', () => {
  it('leaves out, with a reason, what the system cannot take part in', async () => {
    const { scenarios: reports } = await attack(refusing, { only: ['S5', 'X1'] })
    assert.deepEqual(
      reports.map(({ skipped }) => skipped),
      ['its clock cannot be wound, and this takes 3600 s', 'it has no way to crash'],
    )
  })

  it('plays the scenarios it is told to, and tells the same story for the same seed', async () => {
    const stories = await Promise.all(
      [7, 7, 8].map(async (seed) => {
        const asked: string[] = []
        const refresh: RotationSystem['refresh'] = async (token) => {
          asked.push(token)
          return { kind: 'granted', pair: { accessToken: 'a', refreshToken: `${token}'` } }
        }
        const system = { ...refusing, graceSeconds: 1, windSeconds: () => {}, refresh }
        const report = await attack(system, { only: ['A8'], seed })
        assert.deepEqual(
          report.scenarios.map(({ id }) => id),
          ['A8'],
        )
        return asked.map((token) => token.length).join()
      }),
    )
    assert.equal(stories[0], stories[1])
    assert.notEqual(stories[0], stories[2])
  })

  it('gives every scenario a name of its own and a source', () => {
    assert.equal(new Set(scenarios.map(({ id }) => id)).size, scenarios.length)
    assert.ok(scenarios.every(({ source, title }) => source !== '' && title !== ''))
  })

  it('prints a line for each scenario that says what came of it', async () => {
    const text = printReport(await attack(refusing, { only: ['C3', 'X1'], size: 3 }))
    assert.match(text, /^a wall: 3 spurious log-outs\n {2}ok {3}C3 .+: loggedOut, 3 spurious/)
    assert.match(text, /\n {2}skip X1 .+: it has no way to crash$/)
  })

  it('refuses what it does not know by name', async () => {
    await assert.rejects(
      attack(refusing, { only: ['S99'] }),
      /names no scenario: S99; there are S1/,
    )
    await assert.rejects(attack(refusing, { sise: 3 } as never), /did you mean 'size'/)
  })
})

describe('signetSystem', () => {
  it('says so when the store was not made mortal, since then nobody can die', async () => {
    const clock = frozenClock()
    const store = memoryStore({ clock })
    const secret = generateSecret()
    await using system = await signetSystem(
      () => createSignet({ issuer: 'https://issuer.example', secret, store, clock }),
      { name: 'immortal', graceSeconds: 10, clock },
    )
    await assert.rejects(attack(system, { only: ['X1'] }), /'open' must use mortal\(store\)/)
  })
})
