import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { TokenCache } from './cache.ts'

/** Texts as long as tokens; those of one number end alike, as no two signatures do. */
const token = (name: string | number, ending: string | number = name) =>
  `head.${name}.`.padEnd(100, 'x') + String(ending).padStart(12, '0')

const cacheOf = (maxEntries: number, maxBytes = 2 ** 30) =>
  new TokenCache<string>({ maxEntries, maxBytes })

describe('a token cache', () => {
  it('answers under the whole token and under nothing else', () => {
    const cache = cacheOf(10)
    cache.set(token('a', 1), 'a')
    assert.equal(cache.get(token('a', 1)), 'a')
    assert.equal(cache.get(token('b', 1)), undefined)
    assert.equal(cache.get(token('a', 2)), undefined)
    assert.equal(cache.get(''), undefined)
    assert.equal(cache.get('constructor'), undefined)
    assert.equal(cache.get('__proto__'), undefined)
  })

  it('lets a token with the same ending take the place of another', () => {
    const cache = cacheOf(10)
    cache.set(token('a', 1), 'a')
    cache.set(token('b', 1), 'b')
    assert.equal(cache.get(token('a', 1)), undefined)
    assert.equal(cache.get(token('b', 1)), 'b')
    assert.equal(cache.size, 1)
  })

  it('keeps the newest verdict of a token, and forgets it on demand', () => {
    const cache = cacheOf(10)
    cache.set(token(1), 'old')
    cache.set(token(1), 'new')
    assert.equal(cache.get(token(1)), 'new')
    cache.delete(token(2, 1))
    assert.equal(cache.size, 1)
    cache.delete(token(1))
    assert.deepEqual([cache.get(token(1)), cache.size, cache.bytes], [undefined, 0, 0])
  })

  it('stays within its bytes, and takes no token that is larger than all of it', () => {
    const one = cacheOf(10)
    one.set(token(1), '1')
    const cache = cacheOf(1000, 3 * one.bytes)
    for (let i = 0; i < 10; i++) cache.set(token(i), String(i))
    assert.equal(cache.size, 3)
    cache.set(`${'x'.repeat(10_000)}${token(11)}`, '11')
    assert.equal(cache.size, 3)
  })

  it('keeps what comes again through a flood of tokens that do not', () => {
    const cache = cacheOf(1000)
    const regulars = Array.from({ length: 500 }, (_, i) => token(`r${i}`))
    for (const regular of regulars) cache.set(regular, regular)
    let missed = 0
    for (let i = 0; i < 100_000; i++) {
      cache.set(token(`once${i}`), 'once')
      const regular = regulars[i % regulars.length] as string
      if (cache.get(regular) === undefined) {
        missed++
        cache.set(regular, regular)
      }
    }
    assert.ok(missed < 1000, `${missed} of 100000 looks at regulars missed`)
    assert.ok(regulars.every((regular) => cache.get(regular) === regular))
  })

  it('does with any calls what a map within the same bounds may do', () => {
    const name = fc.integer({ min: 0, max: 12 })
    const step = fc.record({ verb: fc.constantFrom('get', 'set', 'delete'), name, ending: name })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const cache = cacheOf(5)
        const model = new Map<string, string>()
        for (const [i, { verb, name, ending }] of steps.entries()) {
          const text = token(name, ending)
          if (verb === 'get') {
            const found = cache.get(text)
            assert.ok(found === undefined || found === model.get(text))
          } else if (verb === 'set') {
            cache.set(text, String(i))
            model.set(text, String(i))
            assert.equal(cache.get(text), String(i))
          } else {
            cache.delete(text)
            model.delete(text)
            assert.equal(cache.get(text), undefined)
          }
          assert.ok(cache.size <= 5)
        }
        for (const text of model.keys()) cache.delete(text)
        assert.deepEqual([cache.size, cache.bytes], [0, 0])
      }),
    )
  })
})
