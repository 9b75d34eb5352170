import assert from 'node:assert/strict'
import { it } from 'node:test'
import { nextPosition, printPosition, samePosition } from './position.ts'

it('grows with the clock, and past it when the clock stands or goes back', () => {
  assert.deepEqual(nextPosition(5, 100, 'a'), { p: 100, tag: 'a' })
  assert.deepEqual(nextPosition(100, 100, 'b'), { p: 101, tag: 'b' })
  assert.deepEqual(nextPosition(100, 7, 'c'), { p: 101, tag: 'c' })
})

it('tells apart two entries that got one number', () => {
  assert.equal(samePosition({ p: 1, tag: 'a' }, { p: 1, tag: 'a' }), true)
  assert.equal(samePosition({ p: 1, tag: 'a' }, { p: 1, tag: 'b' }), false)
})

it('prints as number and tag', () => {
  assert.equal(printPosition({ p: 17, tag: 'beef' }), '17-beef')
})
