import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { TailFilter } from './tail-filter.ts'

describe('a tail filter', () => {
  it('never denies a name that was added and has not expired', () => {
    const step = fc.oneof(
      fc.record({ name: fc.string({ maxLength: 8 }), end: fc.integer({ min: 1, max: 50 }) }),
      fc.record({ pass: fc.integer({ min: 0, max: 20 }) }),
    )
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const filter = new TailFilter()
        const ends = new Map<string, number>()
        let now = 0
        for (const each of steps) {
          if ('pass' in each) {
            now += each.pass
            filter.drop(now)
          } else {
            filter.add(each.name, each.end)
            ends.set(each.name, Math.max(ends.get(each.name) ?? 0, each.end))
          }
          for (const [name, end] of ends) assert.ok(end <= now || filter.mayHold(name))
        }
      }),
    )
  })

  it('denies nearly all others while it holds some thousand, in whatever form names are', () => {
    const forms = [
      (i: number) => `user-${i}`,
      (i: number) => `${(i * 7919).toString(16)}-${(Math.imul(i, 0x9e3779b1) >>> 0).toString(16)}`,
    ]
    for (const form of forms) {
      const filter = new TailFilter()
      for (let i = 0; i < 2000; i++) filter.add(form(i), 1)
      const count = 20_000
      let perhaps = 0
      for (let i = 100_000; i < 100_000 + count; i++) if (filter.mayHold(form(i))) perhaps++
      assert.ok(perhaps < count / 4, `${perhaps} of ${count}`)
    }
  })

  it('denies again once everything has expired, and everything while it is empty', () => {
    const filter = new TailFilter()
    assert.equal(filter.mayHold('name'), false)
    for (let i = 0; i < 30_000; i++) filter.add(`name-${i}`, 5)
    assert.equal(filter.mayHold('other'), true)
    filter.drop(1)
    filter.add('later', 6)
    filter.drop(5)
    assert.deepEqual([filter.mayHold('name-1'), filter.mayHold('later')], [false, true])
    filter.add('last', 7)
    filter.drop(6)
    assert.deepEqual([filter.mayHold('later'), filter.mayHold('last')], [false, true])
  })
})
