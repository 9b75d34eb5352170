import assert from 'node:assert/strict'
import { it } from 'node:test'
import { LeaseMonitor } from './lease-monitor.ts'

it('tells each change of a lease once: half over, over, good again', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const lease = { now: 0, age: () => lease.now }
  const told: [string, number][] = []
  const monitor = new LeaseMonitor({
    lease,
    maxStaleness: 8000,
    onChange: (state, age) => told.push([state, age]),
  })
  const at = (age: number) => {
    lease.now = age
    t.mock.timers.tick(1000)
  }
  for (const age of [0, 4000, 4001, 6000, 8000, 8001, 20_000, 100, Number.POSITIVE_INFINITY])
    at(age)
  assert.deepEqual(told, [
    ['stale', 4001],
    ['lapsed', 8001],
    ['fresh', 100],
    ['lapsed', Number.POSITIVE_INFINITY],
  ])
  monitor.close()
  at(0)
  assert.equal(told.length, 4)
})
