/** A few rounds of the race; races.slow.test.ts runs two hundred. */
import { test } from 'node:test'
import { race } from './support/races.ts'

const ROUNDS = 3

test('of 1,000 refreshes at once from 4 processes one rotates, and the rest hold its successor or try again', async (t) => {
  t.diagnostic(JSON.stringify(await race(10, ROUNDS)))
})

test('without a grace, of 1,000 refreshes at once one succeeds, and the session ends', async (t) => {
  t.diagnostic(JSON.stringify(await race(0, ROUNDS)))
})
