import assert from 'node:assert/strict'
import { it } from 'node:test'
import { harmless, type SignetEvent } from './events.ts'

const event: SignetEvent = { type: 'issued', at: new Date(0) }

it('tells the listener after the caller has gone on', async () => {
  const heard: SignetEvent[] = []
  harmless((each) => heard.push(each))(event)
  assert.deepEqual(heard, [])
  await new Promise((resolve) => process.nextTick(resolve))
  assert.deepEqual(heard, [], 'still in the turn in which the answer is handed on')
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(heard, [event])
})

it('is not harmed by a listener that throws or rejects', async () => {
  harmless(() => {
    throw new Error('listener')
  })(event)
  harmless((async () => {
    throw new Error('listener')
  }) as () => void)(event)
  await new Promise((resolve) => setImmediate(resolve))
})

it('needs no listener', () => {
  assert.doesNotThrow(() => harmless(undefined)(event))
})
