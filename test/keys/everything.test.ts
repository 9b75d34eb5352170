/** `everything` means it, in every process: nothing signed before is good, and what is signed after is good at once. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSignet, decodeUnverified, generateSecret, sign } from 'signet-jwt'
import { RevokedTokenError } from 'signet-jwt/errors'
import { temporaryFolder } from '../support/npm.ts'
import { IssuerProcess } from './issuer-process.ts'
import { leakedKey } from './opened-ring.ts'

const PROCESSES = 3

test('after revoke({ everything }) no process takes an old token of any kind, and every login works everywhere', async (t) => {
  const options = { path: join(temporaryFolder(t), 'signet.db'), masterKey: generateSecret() }
  const issuers: IssuerProcess[] = []
  t.after(() => Promise.all(issuers.map((issuer) => issuer.end())))
  for (let i = 0; i < PROCESSES; i++) issuers.push(await IssuerProcess.start(options))
  const verdicts = (token: string) =>
    Promise.all(issuers.map((issuer) => issuer.ask('verify', token)))
  const all = (verdict: string) => issuers.map(() => verdict)
  const waits: number[] = []
  for (const issuer of issuers) {
    const before = await Promise.all(issuers.map((each) => each.ask('issue')))
    for (const { accessToken } of before)
      assert.deepEqual(await verdicts(accessToken), all('accepted'))
    const receipt = await issuer.ask('revoke', { everything: true })
    assert.deepEqual([receipt.complete, receipt.appliedBy], [true, PROCESSES])
    waits.push(receipt.waitedMs)
    const after = await Promise.all(issuers.map((each) => each.ask('issue')))
    for (const { accessToken, refreshToken } of before) {
      assert.deepEqual(await verdicts(accessToken), all('RevokedTokenError'))
      for (const each of issuers)
        await assert.rejects(each.ask('refresh', refreshToken), /InvalidRefreshTokenError/)
    }
    for (const { accessToken, refreshToken } of after) {
      assert.deepEqual(await verdicts(accessToken), all('accepted'))
      assert.equal((await issuer.ask('refresh', refreshToken)).outcome, 'rotated')
    }
  }
  t.diagnostic(`receipts after ${waits.map((wait) => `${wait} ms`).join(', ')}`)
})

test('a login right after a withdrawal is accepted by a process that was frozen meanwhile, in its first tick', async (t) => {
  const options = { path: join(temporaryFolder(t), 'signet.db'), masterKey: generateSecret() }
  const [first, second] = [await IssuerProcess.start(options), await IssuerProcess.start(options)]
  t.after(() => Promise.all([first.end(), second.end()]))
  for (let round = 0; round < 5; round++) {
    const { accessToken } = await first.ask('issue')
    const keyId = decodeUnverified(accessToken).header.kid as string
    second.freeze()
    // The login waits until the other process has heard of the new key.
    const revoked = first.ask('revoke', { keyId })
    const login = sleep(100).then(() => first.ask('issue'))
    const early = await Promise.race([login, sleep(400).then(() => 'still waiting')])
    assert.equal(early, 'still waiting')
    const asked = login.then((pair) => second.ask('verify', pair.accessToken))
    second.wake()
    assert.equal(await asked, 'accepted')
    await revoked
  }
})

test('a token without a session is signed under the new key as well', async () => {
  await using signet = await createSignet({ issuer: 'https://issuer.example' })
  const first = await signet.issueAccessToken({ subject: '42' })
  await signet.revoke({ everything: true })
  const { accessToken } = await signet.issueAccessToken({ subject: '42' })
  assert.ok(signet.verify(accessToken))
  assert.throws(() => signet.verify(first.accessToken), RevokedTokenError)
})

test('a token forged under a withdrawn key, with an end in 2099, is refused after a restart', async (t) => {
  const options = { path: join(temporaryFolder(t), 'signet.db'), masterKey: generateSecret() }
  const first = await IssuerProcess.start(options)
  t.after(() => first.end())
  const { accessToken } = await first.ask('issue')
  const { header, claims } = decodeUnverified(accessToken)
  const leaked = await leakedKey(options.path, options, header.kid as string)
  const forge = (exp: number) => sign({ ...claims, jti: 'forged', exp }, leaked, { typ: 'at+jwt' })
  const soon = forge(claims.exp as number)
  const forever = forge(Date.UTC(2099) / 1000)
  assert.equal(await first.ask('verify', soon), 'accepted')
  assert.equal(await first.ask('verify', forever), 'InvalidTokenError')
  await first.ask('revoke', { keyId: header.kid as string })
  for (const token of [soon, forever]) {
    const verdict = await first.ask('verify', token)
    assert.equal(verdict, 'RevokedTokenError')
  }
  await first.end()
  const restarted = await IssuerProcess.start(options)
  t.after(() => restarted.end())
  for (const token of [soon, forever]) {
    const verdict = await restarted.ask('verify', token)
    assert.equal(verdict, 'RevokedTokenError')
  }
})
