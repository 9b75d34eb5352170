/** docs/errors.md and errors.ts say the same, and no error lets out what it was made from. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import * as errors from 'signet-jwt/errors'
import { leaks } from './support/leaks.ts'

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'errors.md'), 'utf8')

interface Row {
  readonly code: string
  readonly class: string
  readonly status: number
}

const documented: readonly Row[] = Array.from(
  page.matchAll(/^\| `(ERR_\w+)` \| `(\w+)` \| (\d+) \| .+ \|$/gm),
  ([, code = '', name = '', status]) => ({ code, class: name, status: Number(status) }),
)

/** One error of every class that can be made; the abstract ones have no code of their own. */
const made = Object.entries(errors).flatMap(([name, value]) => {
  if (typeof value !== 'function' || name === 'SignetError' || name === 'TemporaryError') return []
  const Made = value as unknown as new (message: string, detail: unknown) => errors.SignetError
  return [{ name, error: new Made('message', name.startsWith('Expired') ? new Date(0) : {}) }]
})

test('every class is documented with its code and status, and every documented one exists', () => {
  const actual = made.map(({ name, error }) => ({
    code: error.code,
    class: name,
    status: error.status,
  }))
  const byCode = (rows: readonly Row[]) => rows.toSorted((a, b) => a.code.localeCompare(b.code))
  assert.deepEqual(byCode(documented), byCode(actual))
})

test('every code belongs to exactly one class, and the table of codes has no other', () => {
  const codes = made.map(({ error }) => error.code)
  assert.deepEqual(codes.toSorted(), Object.keys(errors.errorCodes).toSorted())
  for (const { error } of made) assert.equal(errors.errorCodes[error.code], error.status)
})

test('an error is named after its class', () => {
  for (const { name, error } of made) {
    assert.equal(error.name, name)
    assert.ok(error instanceof errors.SignetError)
  }
})

test('every code and class in the text of the page exists', () => {
  const names = new Set([
    ...Object.keys(errors),
    ...Object.keys(errors.errorCodes),
    'TypeError',
    'RangeError',
  ])
  const mentioned = page.match(/\bERR_[A-Z_]+\b|\b[A-Z][A-Za-z]+Error\b/g) ?? []
  assert.deepEqual(
    mentioned.filter((name) => !names.has(name)),
    [],
  )
})

/** Everything of an error that may end up in a log. */
function everythingOf(error: unknown): string {
  const seen = inspect(error, { depth: 10, showHidden: true, getters: true, maxStringLength: null })
  const own =
    error instanceof Error
      ? { ...error, message: error.message, stack: error.stack, cause: error.cause }
      : error
  return `${seen}\n${String(error)}\n${JSON.stringify(own)}\n${JSON.stringify(error)}`
}

for (const leak of leaks) {
  test(`nothing secret is let out when ${leak.when}`, async () => {
    let thrown: unknown
    try {
      await leak.run()
    } catch (error) {
      thrown = error
    }
    assert.ok(thrown instanceof Error, 'nothing was thrown')
    if (leak.code !== undefined) assert.equal((thrown as errors.SignetError).code, leak.code)
    const text = everythingOf(thrown)
    for (const secret of leak.secrets()) {
      // A part that is long enough to be of use betrays it as well as the whole.
      for (let at = 0; at + 16 <= secret.length; at += 8) {
        assert.ok(!text.includes(secret.slice(at, at + 16)), text)
      }
    }
  })
}

test('every code that a token or key can cause is among them', () => {
  const codes = new Set(leaks.map(({ code }) => code))
  const others = Object.keys(errors.errorCodes).filter(
    (code) => !codes.has(code as errors.ErrorCode),
  )
  assert.deepEqual(others, [
    // Made by HTTP adapters from a request without a token, and from a good token; neither takes one as a parameter.
    'ERR_TOKEN_MISSING',
    'ERR_SCOPE_INSUFFICIENT',
    // Made from a deadline or a clock, of which the tests of sessions have more.
    'ERR_REFRESH_TOKEN_SUPERSEDED',
    'ERR_STORE_UNAVAILABLE',
    'ERR_REVOCATIONS_STALE',
  ])
})
