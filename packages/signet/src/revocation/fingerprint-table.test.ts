import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bucketEnd, ExpiryBuckets } from './expiry-buckets.ts'
import { FingerprintTable } from './fingerprint-table.ts'

const MINUTE = 60_000

/** A low half from a number, never 0; the high half is the number itself. */
const lowOf = (name: number) => Math.imul(name + 1, 0x9e3779b1) || 1

function sweepAll(table: FingerprintTable): void {
  for (let prefix = 0; prefix < 2 ** 32; ) prefix = table.sweep(prefix)
}

describe('the end of a bucket', () => {
  it('is the next minute, and for long lives up to a 256th of them later', () => {
    assert.equal(bucketEnd(0, 30 * MINUTE), 30 * MINUTE)
    assert.equal(bucketEnd(0, 30 * MINUTE + 1), 31 * MINUTE)
    const time = fc.integer({ min: 0, max: 2 ** 41 })
    fc.assert(
      fc.property(time, time, (at, life) => {
        const late = bucketEnd(at, at + life) - (at + life)
        assert.ok(late >= 0 && late <= Math.max(MINUTE, life / 128), `${late}`)
      }),
    )
    assert.equal(bucketEnd(9 * MINUTE, 5 * MINUTE - 1), 5 * MINUTE)
  })
})

describe('a table of fingerprints', () => {
  it('holds what a map would, whatever is put in, dropped and swept', () => {
    const step = fc.oneof(
      fc.record({
        put: fc.nat(9999),
        count: fc.constantFrom(1, 40, 3000),
        end: fc.integer({ min: 1, max: 9 }),
        epoch: fc.nat(9),
      }),
      fc.record({ drop: fc.integer({ min: 1, max: 9 }), isSwept: fc.boolean() }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, hasEpochs) => {
        const expiry = new ExpiryBuckets()
        const table = new FingerprintTable(expiry, hasEpochs)
        const model = new Map<number, { end: number; epoch: number }>()
        for (const each of steps) {
          if ('drop' in each) {
            expiry.drop(each.drop)
            for (const [name, { end }] of model) if (end <= each.drop) model.delete(name)
            if (each.isSwept) sweepAll(table)
            continue
          }
          for (let name = each.put; name < each.put + each.count; name++) {
            const known = model.get(name)
            const end: number = Math.max(known?.end ?? 0, each.end)
            const epoch: number = hasEpochs ? Math.max(known?.epoch ?? 0, each.epoch) : 0
            const isChange: boolean =
              known === undefined || known.end !== end || known.epoch !== epoch
            assert.equal(table.put(lowOf(name), name, each.end, each.epoch), isChange)
            model.set(name, { end, epoch })
          }
        }
        assert.equal(expiry.size, model.size)
        for (let name = 0; name < 13_000; name++) {
          const low = lowOf(name)
          const mayHold = table.mayHold(low, table.peek(low))
          const found = mayHold ? table.find(low, name) : undefined
          assert.equal(found, model.get(name)?.epoch)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('tells apart fingerprints of which one half is the same', () => {
    const table = new FingerprintTable(new ExpiryBuckets(), true)
    for (let high = 0; high < 12; high++) table.put(7, high, 1, high)
    for (let low = 8; low < 20; low++) table.put(low, 0, 1, low)
    for (let high = 0; high < 12; high++) assert.equal(table.find(7, high), high)
    for (let low = 8; low < 20; low++) assert.equal(table.find(low, 0), low)
    assert.equal(table.find(7, 12), undefined)
    assert.equal(table.mayHold(6, table.peek(6)), false)
  })

  it('gives its memory back, also after it was all in use', () => {
    const expiry = new ExpiryBuckets()
    const table = new FingerprintTable(expiry, false)
    for (let round = 1; round <= 3; round++) {
      for (let name = 0; name < 200_000; name++) table.put(lowOf(name), name, round, 0)
      assert.ok(table.bytes > 200_000 * 14 && table.bytes < 200_000 * 20, `${table.bytes}`)
      expiry.drop(round)
      sweepAll(table)
      assert.deepEqual([expiry.size, expiry.waste], [0, 0])
      assert.ok(table.bytes < 1000)
    }
  })

  it('uses the number of a bucket again once nothing is left in it', () => {
    const expiry = new ExpiryBuckets()
    const table = new FingerprintTable(expiry, false)
    for (let end = 1; end <= 200_000; end++) {
      table.put(lowOf(end), end, end, 0)
      expiry.drop(end)
      if (end % 1000 === 0) sweepAll(table)
    }
    assert.equal(expiry.size, 0)
  })
})
