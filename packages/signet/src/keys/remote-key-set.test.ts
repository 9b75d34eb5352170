import assert from 'node:assert/strict'
import { test } from 'node:test'
import { published, settle, World } from '../../../../test/support/issuer.ts'
import { sign, verify, verifyAsync } from '../codec.ts'
import { KeysUnavailableError, UnknownKeyError } from '../errors.ts'
import { generateKey } from './generate.ts'

const [oldKey, newKey] = [
  generateKey('ES256', { kid: 'old' }),
  generateKey('ES256', { kid: 'new' }),
]

test('the keys of the first answer verify at once', async () => {
  const world = new World(oldKey)
  const set = await world.open()
  const token = sign({ sub: '42' }, oldKey, { lifetimeSeconds: 60 })
  assert.equal(verify(token, set).sub, '42')
  assert.equal(world.requests, 1)
})

test('an unknown kid is refused now and known after one request', async () => {
  const world = new World(oldKey)
  const set = await world.open()
  await world.pass(31)
  world.answer = () => published(newKey, oldKey)
  const token = sign({ sub: '42' }, newKey, { lifetimeSeconds: 60 })
  assert.throws(() => verify(token, set), UnknownKeyError)
  await settle()
  assert.equal(verify(token, set).sub, '42')
  assert.equal(world.requests, 2)
})

test('verifyAsync waits for that request', async () => {
  const world = new World(oldKey)
  const set = await world.open()
  await world.pass(31)
  world.answer = () => published(newKey)
  assert.equal(
    (await verifyAsync(sign({ sub: '42' }, newKey, { lifetimeSeconds: 60 }), set)).sub,
    '42',
  )
  await assert.rejects(verifyAsync(sign({}, oldKey, { lifetimeSeconds: 60 }), set), UnknownKeyError)
})

test('a hundred thousand unknown kids cause one request per cooldown', async () => {
  const world = new World(oldKey)
  const set = await world.open()
  for (let second = 1; second <= 60; second++) {
    await world.pass(1)
    for (let i = 0; i < 1667; i++) assert.equal(set.get(`${second}-${i}`), undefined)
  }
  assert.equal(world.requests, 1 + 2)
})

test('the cooldown counts after a failure, too', async () => {
  const world = new World(oldKey)
  const set = await world.open()
  world.answer = () => new Response('', { status: 500 })
  await world.pass(30)
  for (let i = 0; i < 10; i++) {
    set.get(`x${i}`)
    await settle()
  }
  assert.equal(world.requests, 2)
  await world.pass(29)
  set.get('y')
  assert.equal(world.requests, 2)
})

test('a kid that an answer did not have is taken as said for a cooldown from the answer on', async () => {
  const world = new World(oldKey)
  const set = await world.open()
  await world.pass(30)
  let respond: (response: Response) => void = () => {}
  world.answer = () => new Promise((resolve) => (respond = resolve))
  set.get('stranger')
  world.sleep(4)
  respond(published(oldKey))
  await settle()
  world.sleep(27)
  set.get('stranger')
  assert.equal(world.requests, 2)
  set.get('another')
  assert.equal(world.requests, 3)
})

test('callers at the same time share one request', async () => {
  const world = new World(oldKey)
  const set = await world.open()
  await Promise.all([set.refresh(), set.refresh(), set.refresh()])
  assert.equal(world.requests, 2)
})

test('a key withdrawn from a healthy set verifies nothing once the set was fetched again', async () => {
  const world = new World(oldKey)
  const set = await world.open({ maxCacheSeconds: 600 })
  world.answer = () => published(newKey)
  await world.pass(599)
  assert.ok(set.get('old'))
  await world.pass(1)
  assert.equal(set.get('old'), undefined)
  assert.ok(set.get('new'))
})

test('while fetching fails the keys serve on, for a bounded time', async () => {
  const world = new World(oldKey)
  const errors: string[] = []
  const set = await world.open({
    maxCacheSeconds: 600,
    maxStaleSeconds: 3600,
    onError: (error) => errors.push(error.code),
  })
  world.answer = () => {
    throw new TypeError('connection refused')
  }
  for (let minute = 0; minute < 69; minute++) {
    await world.pass(60)
    assert.ok(set.get('old'))
  }
  assert.ok(errors.length > 50 && errors.every((code) => code === 'ERR_KEYS_UNAVAILABLE'))
  await world.pass(60)
  const token = sign({}, oldKey, { lifetimeSeconds: 60 })
  assert.throws(() => verify(token, set), KeysUnavailableError)
  await assert.rejects(verifyAsync(token, set), KeysUnavailableError)
  world.answer = () => published(oldKey)
  await world.pass(31)
  assert.ok(set.get('old'))
})

test('a request that takes too long is given up, and what it answers later changes nothing', async () => {
  const world = new World(oldKey)
  const set = await world.open({ timeoutSeconds: 5 })
  let respond: (response: Response) => void = () => {}
  world.answer = () => new Promise((resolve) => (respond = resolve))
  const slow = assert.rejects(set.refresh(), /took longer than 5 s/)
  await world.pass(5)
  await slow
  world.answer = () => published(newKey)
  await set.refresh()
  respond(published(oldKey))
  await settle()
  assert.ok(set.get('new') !== undefined && set.get('old') === undefined)
})

test('after a sleep without timers the next use starts a request', async () => {
  const world = new World(oldKey)
  const set = await world.open()
  world.sleep(601)
  set.get('old')
  assert.equal(world.requests, 2)
})

test('a closed set fetches no more and serves what it knows', async () => {
  const world = new World(oldKey)
  const set = await world.open()
  set.close()
  await world.pass(700)
  assert.ok(set.get('old'))
  set.get('new')
  assert.equal(world.requests, 1)
  await assert.rejects(set.refresh(), /closed/)
})

test('closing ends a request that is under way without an error', async () => {
  const world = new World(oldKey)
  const errors: unknown[] = []
  const set = await world.open({ onError: (error) => errors.push(error) })
  world.answer = () => new Promise(() => {})
  const pending = set.refresh()
  set.close()
  await assert.rejects(pending, KeysUnavailableError)
  assert.deepEqual(errors, [])
})

test('an onError that throws does not end the fetching', async () => {
  const world = new World(oldKey)
  const set = await world.open({
    onError: () => {
      throw new Error('the logger is broken')
    },
  })
  world.answer = () => new Response('', { status: 500 })
  await assert.rejects(set.refresh(), KeysUnavailableError)
  world.answer = () => published(newKey)
  await set.refresh()
  assert.ok(set.get('new'))
})
