import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { elapsedSince, Lease, readClocks } from './lease.ts'

function clocks(start = { monotonic: 1000, wall: 50_000 }) {
  const now = { ...start }
  return { now, port: { monotonic: () => now.monotonic, wall: () => now.wall } }
}

describe('a lease', () => {
  it('is dead before the first proof', () => {
    const { port } = clocks()
    assert.equal(new Lease(port, 1000).isAlive, false)
    assert.equal(new Lease(port, 1000).age(), Number.POSITIVE_INFINITY)
  })

  it('lives for its staleness and not a millisecond longer', () => {
    const { now, port } = clocks()
    const lease = new Lease(port, 1000)
    lease.renew(readClocks(port))
    now.monotonic += 1000
    assert.equal(lease.isAlive, true)
    now.monotonic += 1
    assert.equal(lease.isAlive, false)
  })

  it('dies by the wall clock while the monotonic one stands still, as in a suspended machine', () => {
    const { now, port } = clocks()
    const lease = new Lease(port, 1000)
    lease.renew(readClocks(port))
    now.wall += 1001
    assert.equal(lease.isAlive, false)
  })

  it('dies by the monotonic clock while the wall clock is set back', () => {
    const { now, port } = clocks()
    const lease = new Lease(port, 1000)
    lease.renew(readClocks(port))
    now.wall -= 60_000
    now.monotonic += 1001
    assert.equal(lease.isAlive, false)
  })

  it('counts from the instant given, not from the moment it was renewed', () => {
    const { now, port } = clocks()
    const lease = new Lease(port, 1000)
    const sentAt = readClocks(port)
    now.monotonic += 900
    lease.renew(sentAt)
    assert.equal(lease.age(), 900)
  })

  it('is not shortened by an answer that comes late', () => {
    const { now, port } = clocks()
    const lease = new Lease(port, 1000)
    const early = readClocks(port)
    now.monotonic += 500
    lease.renew(readClocks(port))
    lease.renew(early)
    assert.equal(lease.age(), 0)
  })

  it('can be dropped', () => {
    const { port } = clocks()
    const lease = new Lease(port, 1000)
    lease.renew(readClocks(port))
    lease.drop()
    assert.equal(lease.isAlive, false)
  })
})

it('takes the larger of what the two clocks say', () => {
  const { now, port } = clocks()
  const instant = readClocks(port)
  now.monotonic += 10
  now.wall += 20
  assert.equal(elapsedSince(instant, port), 20)
})
