import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { onBothPaths } from '../../../../test/support/both-paths.ts'
import { checkJson, deepFreeze, MAX_DEPTH, MAX_MEMBERS, parseJsonObject } from './json.ts'

test('every JSON object is parsed to itself', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (value) => {
      const text = JSON.stringify(value)
      assert.deepEqual(parseJsonObject(text), JSON.parse(text))
    }),
  )
})

test('an array, a scalar, null and a broken text are no objects', () => {
  for (const text of [
    '[]',
    '"x"',
    '42',
    'null',
    'true',
    '',
    '{',
    '{}{}',
    '{"a":NaN}',
    '\ufeff{}',
  ]) {
    assert.equal(parseJsonObject(text), undefined, text)
  }
})

test('a duplicate member is refused at any depth, however it is spelled', () => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"b":{"a":1,"a":2}}',
    '{"b":[{"a":1,"a":2}]}',
    '{"__proto__":1,"__proto__":2}',
    // As long as the text {"":1790000000}, which has no duplicate.
    '{"":0,"":179e7}',
  ]) {
    assert.equal(parseJsonObject(text), undefined, text)
  }
})

test('the short way to find a duplicate takes what counting takes, whatever the texts of names and values', () => {
  // Exponents and trailing zeros make numbers whose shortest text is not their digits; names meet often.
  const scalar = fc.constantFrom(
    ...['0', '-0', '1e3', '1000', '1000.0', '179e7', '1790000000', '1790000001', '1E0', '0.5'],
    ...['""', '":"', '"\\u0061"', '"a"', '" :"', 'true', 'false', 'null', '[]', '{}', '[ ]'],
  )
  const name = fc.constantFrom('""', '"a"', '"b"', '"\\u0061"', '"a:"', '"__proto__"')
  const { object } = fc.letrec<{ object: string; value: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      scalar,
      fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join()}]`),
      tie('object'),
    ),
    object: fc
      .array(fc.tuple(name, fc.constantFrom(':', ':', ' :'), tie('value')), { maxLength: 4 })
      .map((members) => `{${members.map((member) => member.join('')).join()}}`),
  }))
  fc.assert(
    fc.property(object, (text) => {
      const { fast, documented } = onBothPaths(() => parseJsonObject(text))
      assert.deepEqual(fast, documented)
    }),
    { numRuns: 2000 },
  )
})

test('colons and quotes inside strings are no members', () => {
  assert.deepEqual(parseJsonObject('{"a:b":"c:\\":d\\\\"}'), { 'a:b': 'c:":d\\' })
})

test('a member named __proto__ is an own member and pollutes nothing', () => {
  const value = parseJsonObject('{"__proto__":{"admin":true}}') ?? {}
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
  assert.equal(value.admin, undefined)
  assert.equal(({} as { admin?: boolean }).admin, undefined)
})

test('nesting is bounded', () => {
  const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`
  assert.notEqual(parseJsonObject(nested(MAX_DEPTH)), undefined)
  assert.equal(parseJsonObject(nested(MAX_DEPTH + 1)), undefined)
})

test('the number of members is bounded', () => {
  const wide = (members: number) =>
    `{${Array.from({ length: members }, (_, i) => `"m${i}":1`).join()}}`
  assert.notEqual(parseJsonObject(wide(MAX_MEMBERS)), undefined)
  assert.equal(parseJsonObject(wide(MAX_MEMBERS + 1)), undefined)
})

test('a value that JSON would change is refused with the place where it stands', () => {
  for (const [value, message] of [
    [{ a: Number.NaN }, 'claims.a must be a JSON value, got the number NaN'],
    [{ a: [1, undefined] }, 'claims.a[1] must be a JSON value, got undefined'],
    [
      { a: { b: new Date(0) } },
      'claims.a.b must be a JSON value, got a Date; write seconds since the epoch or an ISO string',
    ],
    [{ a: new Map() }, 'claims.a must be a JSON value, got a Map'],
    [{ a: 1n }, 'claims.a must be a JSON value, got a bigint'],
  ] as const) {
    assert.throws(() => checkJson(value, 'claims'), { name: 'TypeError', message })
  }
})

test('a cycle ends at the depth limit instead of the stack', () => {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  assert.throws(() => checkJson(cycle, 'claims'), /nested deeper than 16 levels/)
})

test('a frozen value is frozen through and through', () => {
  const value = deepFreeze({ roles: [{ name: 'editor' }] })
  assert.ok(Object.isFrozen(value.roles) && Object.isFrozen(value.roles[0]))
})
