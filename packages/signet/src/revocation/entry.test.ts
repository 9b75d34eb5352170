import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ENTRY_MARGIN_MS, entryExpiry, FOREIGN_LIFE_MS } from './entry.ts'

it('keeps an entry until the longest token it can cover is dead, and a minute more', () => {
  assert.equal(entryExpiry(1000, 5000, undefined), 6000 + ENTRY_MARGIN_MS)
})

it("goes by the token's own expiry where that is known", () => {
  assert.equal(entryExpiry(1000, 5000, 2000), 2000 + ENTRY_MARGIN_MS)
})

it('keeps entries for an issuer nobody has described for a day', () => {
  assert.equal(entryExpiry(0, undefined, undefined), FOREIGN_LIFE_MS + ENTRY_MARGIN_MS)
})
