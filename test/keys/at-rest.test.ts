/** What lies on disk: every byte of the database is searched for whatever would open a door. */
import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  createSignet,
  decodeUnverified,
  exportJwk,
  generateSecret,
  type SignetKeyOptions,
  type SignetOptions,
} from 'signet-jwt'
import { InvalidKeyError } from 'signet-jwt/errors'
import { sqliteStore } from 'signet-jwt/stores/sqlite'
import { temporaryFolder } from '../support/npm.ts'
import { leakedKey, type Opener, openedRing } from './opened-ring.ts'

const issuer = 'https://issuer.example'

/** Each file of a folder, whole. */
const filesIn = (folder: string) =>
  readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) }))

/** The bytes of a secret in every form in which they may have been written down. */
function formsOf(secret: Buffer): readonly Buffer[] {
  const texts = (['base64url', 'base64', 'hex', 'utf8'] as const).map((form) =>
    Buffer.from(secret.toString(form)),
  )
  return [secret, ...texts, Buffer.from(secret.toString('hex').toUpperCase())]
}

function search(folder: string, secret: Buffer): readonly string[] {
  return filesIn(folder)
    .filter(({ bytes }) => formsOf(secret).some((form) => bytes.includes(form)))
    .map(({ name }) => name)
}

/** An issuer that has rotated, withdrawn, issued and refreshed, with its database still open. */
async function lived(folder: string, keys: SignetKeyOptions) {
  const path = join(folder, 'signet.db')
  const store = sqliteStore(path)
  const signet = await createSignet({ issuer, ...keys, store } as SignetOptions<object>)
  const pairs = [await signet.issue({ subject: '42' })]
  if (keys.keys !== undefined) {
    await signet.keys.rotate()
    await signet.revoke({ keyId: signet.keys.list()[0]?.kid as string })
  }
  pairs.push(await signet.issue({ subject: '43' }))
  pairs.push(await signet.refresh((pairs[1] as { refreshToken: string }).refreshToken))
  return { path, pairs, signet, store }
}

/** @param kid of an access key with a private part */
async function secretsOf(path: string, opener: Opener, kid?: string): Promise<readonly Buffer[]> {
  const ring = await openedRing(path, opener)
  const materials = ring.map(({ material }) => Buffer.from(material, 'base64url'))
  if (kid === undefined) return materials
  const { d } = exportJwk(await leakedKey(path, opener, kid), 'private') as unknown as { d: string }
  return [...materials, Buffer.from(d, 'base64url')]
}

test('a database behind a master key holds no key, no secret and no token', async (t) => {
  const folder = temporaryFolder(t)
  const masterKey = generateSecret()
  const keys = { keys: { algorithm: 'ES256', masterKey } } as SignetKeyOptions
  const { path, pairs, signet, store } = await lived(folder, keys)
  const kid = signet.keys.list()[0]?.kid as string
  // The search finds what is there: the names of keys stand in the open.
  assert.ok(search(folder, Buffer.from(kid)).length > 0)
  const secrets = [...(await secretsOf(path, { masterKey }, kid)), Buffer.from(masterKey)]
  for (const { accessToken, refreshToken } of pairs) {
    const session = decodeUnverified(refreshToken).claims.ses as string
    secrets.push(Buffer.from(session, 'base64url'))
    for (const token of [accessToken, refreshToken]) {
      secrets.push(Buffer.from(token), Buffer.from(token.split('.')[2] as string))
    }
  }
  assert.ok(secrets.length >= 18)
  for (const secret of secrets) assert.deepEqual(search(folder, secret), [])
  await signet.close()
  await store.close()
  for (const secret of secrets) assert.deepEqual(search(folder, secret), [])
})

test('a database of one secret from outside holds neither it nor the refresh secrets', async (t) => {
  const folder = temporaryFolder(t)
  const secret = generateSecret()
  const { path, pairs, signet, store } = await lived(folder, { secret } as SignetKeyOptions)
  const secrets = [...(await secretsOf(path, { secret })), Buffer.from(secret)]
  secrets.push(Buffer.from(secret, 'hex'))
  for (const { refreshToken } of pairs) {
    const session = decodeUnverified(refreshToken).claims.ses as string
    secrets.push(Buffer.from(refreshToken), Buffer.from(session, 'base64url'))
  }
  for (const each of secrets) assert.deepEqual(search(folder, each), [])
  await signet.close()
  await store.close()
})

test('a copy of the database is of no use without the master key', async (t) => {
  const [folder, copy] = [temporaryFolder(t), temporaryFolder(t)]
  const keys = { algorithm: 'ES256', masterKey: generateSecret() } as const
  const { signet, store } = await lived(folder, { keys } as SignetKeyOptions)
  await signet.close()
  await store.close()
  cpSync(folder, copy, { recursive: true })
  const stolen = sqliteStore(join(copy, 'signet.db'))
  for (const masterKey of [generateSecret(), generateSecret()]) {
    await assert.rejects(
      createSignet({ issuer, keys: { ...keys, masterKey }, store: stolen }),
      InvalidKeyError,
    )
  }
  // Nor does it open to someone who comes with a secret of their own: that would be a way to begin anew unnoticed.
  await assert.rejects(
    createSignet({ issuer, secret: generateSecret(), store: stolen }),
    InvalidKeyError,
  )
  await stolen.close()
})
