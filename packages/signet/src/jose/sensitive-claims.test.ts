import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuseSensitiveClaims } from './sensitive-claims.ts'

test('a name that announces a secret is refused in any spelling and at any depth', () => {
  for (const claims of [
    { password: 'x' },
    { PassWord: 'x' },
    { api_key: 'x' },
    { 'API-Key': 'x' },
    { user: { profile: { creditCard: 1 } } },
    { users: [{ ssn: 'x' }] },
  ]) {
    assert.throws(() => refuseSensitiveClaims(claims), TypeError)
  }
})

test('the message says where it stands and how to allow it', () => {
  assert.throws(() => refuseSensitiveClaims({ user: { pin: 1 } }), {
    message:
      "claim 'user.pin' names something secret, and whoever holds a token can read its claims: leave it out, or write allowSensitiveClaims: ['pin'] if it is harmless",
  })
})

test('an allowed name passes', () => refuseSensitiveClaims({ map: { PIN: 1 } }, ['pin']))

test('names that only contain a sensitive word pass', () => {
  refuseSensitiveClaims({
    passwordless: true,
    spinning: 1,
    seedling: 'x',
    email_verified: true,
    role: 'editor',
  })
})

test('a private key or a token as a value is refused whatever its name', () => {
  assert.throws(
    () => refuseSensitiveClaims({ note: '-----BEGIN PRIVATE KEY-----\nMII' }),
    /holds a private key/,
  )
  assert.throws(
    () => refuseSensitiveClaims({ list: ['eyJhbGciOiJIUzI1NiJ9.e30.c2ln'] }),
    /holds a token/,
  )
})

test('registered claims are never taken for secrets', () =>
  refuseSensitiveClaims({ sub: 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln' }))
