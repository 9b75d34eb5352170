/** The race of races.test.ts, long enough to meet what happens rarely. SIGNET_ROUNDS changes how long. */
import { test } from 'node:test'
import { race } from './support/races.ts'

const ROUNDS = Number(process.env.SIGNET_ROUNDS ?? 200)
const timeout = 30 * 60_000

test(`in ${ROUNDS} rounds one token has one successor`, { timeout }, async (t) => {
  t.diagnostic(JSON.stringify(await race(10, ROUNDS)))
})

test(`in ${ROUNDS} rounds without a grace one refresh succeeds`, { timeout }, async (t) => {
  t.diagnostic(JSON.stringify(await race(0, ROUNDS)))
})
