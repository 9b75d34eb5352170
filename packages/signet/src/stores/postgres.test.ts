import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { StoreUnavailableError } from '../errors.ts'
import { unavailable } from './postgres/refusal.ts'
import { checkServer } from './postgres/setup.ts'
import { arrayParameter, decodeText, encodeText } from './postgres/text.ts'
import { type PgPool, postgresStore } from './postgres.ts'

describe('postgresStore', () => {
  const pool = (max: number): PgPool =>
    ({ connect: () => Promise.reject(), on: () => {}, options: { max }, totalCount: 0 }) as PgPool

  it('refuses what is no client, and a single connection, which cannot serve two at once', () => {
    const client = { connect: () => {}, query: () => {}, on: () => {} }
    for (const wrong of [undefined, null, 'postgres://localhost', {}, client]) {
      assert.throws(() => postgresStore(wrong as never), /takes a Pool of 'pg'/)
    }
  })

  it('refuses a pool whose one connection would be kept for LISTEN', () => {
    assert.throws(() => postgresStore(pool(1)), /give it max: 2 or more/)
    postgresStore(pool(1), { listener: pool(1) })
    postgresStore(pool(2))
  })

  it('names the option that is wrong', () => {
    const wrong: readonly [object, RegExp][] = [
      [{ shema: 'a' }, /did you mean 'schema'/],
      [{ schema: 'Signet' }, /'schema' must be up to 40 lower case letters/],
      [{ schema: 'a"; DROP' }, /'schema' must be/],
      [{ timeoutSeconds: 11 }, /'timeoutSeconds' must be from 0.01 to 10 seconds/],
      [{ prepare: 'no' }, /'prepare' must be true or false/],
      [{ listener: {} }, /a listener is of the same kind/],
    ]
    for (const [options, message] of wrong) {
      assert.throws(() => postgresStore(pool(2), options), message)
    }
  })
})

describe('what a server must be', () => {
  const good = {
    version: '150004',
    version_name: '15.4',
    encoding: 'UTF8',
    isolation: 'read committed',
    read_only: 'false',
  }

  it('is PostgreSQL 14 or newer', () => {
    checkServer(good)
    checkServer({ ...good, version: '140000' })
    assert.throws(
      () => checkServer({ ...good, version: '130013', version_name: '13.13' }),
      (error: Error) =>
        error instanceof StoreUnavailableError &&
        /PostgreSQL 13\.13 is too old/.test(error.message),
    )
  })
})

describe('values as text', () => {
  const anyText = fc.string({
    unit: fc.constantFrom('\0', '\u0001', '0', '"', '\\', ',', '{', 'é'),
  })

  it('carry every character, though Postgres has no U+0000', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const encoded = encodeText(text)
        assert.ok(!encoded.includes('\0'))
        assert.equal(decodeText(encoded), text)
      }),
    )
  })

  it('stand in the text form of arrays', () => {
    assert.equal(arrayParameter([]), '{}')
    assert.equal(arrayParameter(['a', undefined, '', 'NULL']), '{"a",NULL,"","NULL"}')
    assert.equal(arrayParameter(['a"b', 'c\\', '{,}']), '{"a\\"b","c\\\\","{,}"}')
    assert.equal(arrayParameter([1, undefined, 1e15]), '{1,NULL,1000000000000000}')
  })
})

describe('a failure of the server', () => {
  it('becomes a refusal that quotes nothing', () => {
    const error = Object.assign(new Error('invalid input: "hunter2"'), { code: '22P02' })
    const refusal = unavailable(error)
    assert.ok(refusal instanceof StoreUnavailableError)
    assert.equal(
      refusal.message,
      'the Postgres store cannot serve: it answered 22P02; see the cause',
    )
    assert.equal(refusal.cause, error)
  })

  it('is told by the first of several attempts', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
    assert.match(
      unavailable(new AggregateError([refused])).message,
      /nobody listens at its address/,
    )
  })
})
