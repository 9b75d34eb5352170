import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { World } from '../../../../test/support/issuer.ts'
import { createRemoteKeySet, sign, verify } from '../codec.ts'
import { KeysUnavailableError } from '../errors.ts'
import { exportJwk } from './export.ts'
import { generateKey } from './generate.ts'
import { openRemoteKeySet } from './remote-key-set.ts'

const url = 'https://login.example/jwks.json'
const oldKey = generateKey('ES256', { kid: 'old' })

test('a first request that fails is an error of opening', async () => {
  const world = new World(oldKey)
  world.answer = () => new Response('', { status: 503 })
  await assert.rejects(world.open(), (error) => {
    assert.ok(error instanceof KeysUnavailableError)
    assert.equal(
      error.message,
      'the key set at https://login.example could not be fetched: the answer has status 503, only 200 is read',
    )
    return true
  })
})

test('keys come by https, or by http from this machine where that is written', async () => {
  const { surroundings, fetch } = new World(oldKey)
  const open = (text: string, allowHttp?: 'loopback') =>
    openRemoteKeySet(text, allowHttp === undefined ? { fetch } : { fetch, allowHttp }, surroundings)
  for (const text of [
    'http://login.example/',
    'file:///etc/passwd',
    'ftp://login.example/',
    'data:application/json,{}',
    'nonsense',
    'https://user:pass@login.example/',
  ]) {
    await assert.rejects(open(text, 'loopback'), TypeError, text)
  }
  await assert.rejects(open('http://localhost:1/'), /allowHttp: 'loopback'/)
  await assert.rejects(open('http://127.0.0.1.evil.example/', 'loopback'), TypeError)
  for (const text of ['http://localhost:1/', 'http://127.0.0.1/', 'http://[::1]:1/', url])
    await open(text, 'loopback')
})

test('options are refused by name', async () => {
  const world = new World(oldKey)
  for (const options of [
    { timeoutSeconds: 0 },
    { timeoutSeconds: '5' },
    { maxCacheSeconds: Number.NaN },
    { cooldownSeconds: -1 },
    { maxStaleSeconds: Number.POSITIVE_INFINITY },
    { fetch: 5 },
    { onError: 'log' },
    { allowHttp: true },
    { algorithms: [] },
    { timeout: 5 },
  ]) {
    await assert.rejects(
      world.open(options as object),
      (error) => error instanceof TypeError || error instanceof RangeError,
    )
  }
})

test('with the real fetch and a real server', async (t) => {
  let redirect = false
  const server = createServer((request, response) => {
    if (redirect && request.url === '/jwks.json')
      response.writeHead(302, { location: '/elsewhere' }).end()
    else
      response
        .setHeader('cache-control', 'max-age=60')
        .end(JSON.stringify({ keys: [exportJwk(oldKey)] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const set = await createRemoteKeySet(`http://127.0.0.1:${port}/jwks.json`, {
    allowHttp: 'loopback',
  })
  t.after(() => set.close())
  assert.equal(verify(sign({ sub: '42' }, oldKey, { lifetimeSeconds: 60 }), set).sub, '42')
  redirect = true
  await assert.rejects(set.refresh(), /status 302/)
})
