import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fleetState } from './fleet.ts'
import type { ReceiptReading } from './log-store.ts'

const position = { p: 100, tag: 'a' }

function member(changes: Partial<ReceiptReading['members'][number]> = {}): ReceiptReading {
  return {
    present: true,
    members: [
      {
        id: 'm',
        position,
        beats: 1,
        maxStaleness: 1000,
        onStale: 'deny',
        confirmed: true,
        ...changes,
      },
    ],
  }
}

const never = () => 0

describe('a member', () => {
  it('has applied a position once its own is as far', () => {
    assert.deepEqual(fleetState(member(), position, 0, never).applied, ['m'])
  })

  it('is pending while it is behind', () => {
    const state = fleetState(member({ position: { p: 99, tag: 'b' } }), position, 0, never)
    assert.deepEqual(state.pending, ['m'])
  })

  it('is pending when its position is not in the log, however large the number', () => {
    const state = fleetState(
      member({ position: { p: 500, tag: 'lost' }, confirmed: false }),
      position,
      0,
      never,
    )
    assert.deepEqual(state.pending, ['m'])
  })

  it('counts as refusing once its own lease must be over, clock drift and slack included', () => {
    const behind = member({ position: { p: 1, tag: 'b' } })
    assert.deepEqual(fleetState(behind, position, 1110, never).pending, ['m'])
    const { silent, pending } = fleetState(behind, position, 1111, never)
    assert.deepEqual([silent.map(({ id }) => id), pending], [['m'], []])
  })

  it('counts as refusing when we have seen its record unchanged for so long', () => {
    const behind = member({ position: { p: 1, tag: 'b' } })
    assert.deepEqual(fleetState(behind, position, 0, () => 1111).pending, [])
  })

  it('never counts as refusing when it goes on while stale', () => {
    const behind = member({ position: { p: 1, tag: 'b' }, onStale: 'allow' })
    assert.deepEqual(fleetState(behind, position, 1e9, () => 1e9).pending, ['m'])
  })
})
