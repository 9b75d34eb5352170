import assert from 'node:assert/strict'
import { test } from 'node:test'
import { published, World } from '../../../../test/support/issuer.ts'
import { testKey } from '../../../../test/support/keys.ts'
import { KeysUnavailableError } from '../errors.ts'
import type { Key } from '../jose/key.ts'
import { exportJwk } from './export.ts'
import { generateKey } from './generate.ts'

const [oldKey, newKey] = [
  generateKey('ES256', { kid: 'old' }),
  generateKey('ES256', { kid: 'new' }),
]

const withHeaders = (headers: Record<string, string>, ...keys: Key[]) =>
  Response.json({ keys: keys.map((key) => exportJwk(key)) }, { headers })

test('an empty set is a healthy answer: every key is withdrawn', async () => {
  const world = new World(oldKey)
  const set = await world.open()
  world.answer = () => published()
  await set.refresh()
  assert.deepEqual(set.keys, [])
})

test('a broken answer keeps the good keys', async () => {
  const world = new World(oldKey)
  const set = await world.open()
  for (const answer of [
    () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
    () => new Response('{"keys":5}'),
    () => new Response('[]'),
    () => new Response('{"keys":[],"keys":[]}'),
    () => new Response('', { status: 404 }),
    () => Response.redirect('https://evil.example/', 302),
    () => Response.json({ keys: Array.from({ length: 101 }, () => ({})) }),
    () => new Response('x'.repeat(600_000)),
  ]) {
    world.answer = answer
    await assert.rejects(set.refresh(), KeysUnavailableError)
    assert.ok(set.get('old'))
  }
})

test('an endless answer is cut off', async () => {
  const world = new World(oldKey)
  const set = await world.open()
  let sent = 0
  let cancelled = false
  const endless = new ReadableStream({
    pull: (controller) => {
      sent += 65_536
      controller.enqueue(new Uint8Array(65_536))
    },
    cancel: () => {
      cancelled = true
    },
  })
  world.answer = () => new Response(endless)
  await assert.rejects(set.refresh(), /longer than 524288 bytes/)
  assert.ok(cancelled && sent < 1_000_000)
})

test('Cache-Control shortens the time to the next request, within bounds', async () => {
  for (const [headers, seconds] of [
    [{ 'cache-control': 'public, max-age=120' }, 120],
    [{ 'cache-control': 'max-age=120', age: '50' }, 70],
    [{ 'cache-control': 'max-age=1' }, 30],
    [{ 'cache-control': 'no-store' }, 30],
    [{ 'cache-control': 'max-age=999999' }, 600],
    [{}, 600],
    [{ 'cache-control': 'max-age=soon' }, 600],
  ] as const) {
    const world = new World(oldKey)
    world.answer = () => withHeaders(headers, oldKey)
    await world.open()
    await world.pass(seconds - 1)
    assert.equal(world.requests, 1, JSON.stringify(headers))
    await world.pass(1)
    assert.equal(world.requests, 2, JSON.stringify(headers))
  }
})

test('what nobody should publish is not used', async () => {
  const world = new World(oldKey)
  const twin = { ...exportJwk(newKey), kid: 'twice' }
  world.answer = () =>
    published(
      exportJwk(testKey('HS256'), 'private'),
      exportJwk(newKey, 'private'),
      twin,
      { ...exportJwk(oldKey), kid: 'twice' },
      { kty: 'XYZ' },
      oldKey,
    )
  const set = await world.open()
  assert.deepEqual(
    set.keys.map((key) => key.kid),
    ['old'],
  )
})

test('the algorithms of a set are those asked for', async () => {
  const world = new World(oldKey)
  world.answer = () => published(oldKey, testKey('ES384'))
  assert.equal((await world.open({ algorithms: ['ES384'] })).keys.length, 1)
})
