import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  HISTORY_LENGTH,
  type HistoryEvent,
  noteOf,
  readHistory,
  remember,
  sharedGenerations,
} from './history.ts'

const event = (mark: HistoryEvent['mark'], gen = 0, note = ''): HistoryEvent => ({
  mark,
  at: 1_800_000_000_000 + gen,
  gen,
  note,
})
const historyOf = (...oldestFirst: readonly HistoryEvent[]) => oldestFirst.reduce(remember, '')

describe('a history', () => {
  it('answers what was remembered, the newest first', () => {
    const events = [event('n', 0, 'phone of Anna'), event('r'), event('x', 1, 'lost  phone')]
    assert.deepEqual(readHistory(historyOf(...events)), events.toReversed())
  })

  it('keeps the newest events and forgets the oldest', () => {
    const events = Array.from({ length: HISTORY_LENGTH + 5 }, (_, gen) => event('n', gen))
    assert.deepEqual(
      readHistory(historyOf(...events)).map(({ gen }) => gen),
      events
        .map(({ gen }) => gen)
        .toReversed()
        .slice(0, HISTORY_LENGTH),
    )
  })

  it('takes a note from outside as one short line', () => {
    assert.equal(noteOf('Firefox\r\nn 1 2 forged'), 'Firefox n 1 2 forged')
    assert.equal(noteOf(undefined), '')
    assert.equal(noteOf('x'.repeat(1000)).length, 60)
    assert.ok(noteOf(`${'x'.repeat(59)}\u{1f600}`).isWellFormed())
  })

  it('counts generations that each had a repeat, until one had none', () => {
    const shared = (...marks: readonly HistoryEvent['mark'][]) =>
      sharedGenerations(historyOf(...marks.map((mark) => event(mark))))
    assert.equal(shared('n', 'n', 'r', 'n', 'r'), 2)
    assert.equal(shared('n', 'r', 'n', 'n', 'r'), 1)
    assert.equal(shared('n', 'r', 'n'), 0)
    assert.equal(shared('r'), 0)
  })
})
