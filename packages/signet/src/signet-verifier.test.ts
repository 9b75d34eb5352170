import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createKeySet, generateKey, sign } from './codec.ts'
import {
  InvalidClaimError,
  InvalidTokenError,
  MissingClaimError,
  RevokedTokenError,
  StaleRevocationsError,
} from './errors.ts'
import { createSignet } from './signet.ts'
import { followRevocations } from './signet-revocations.ts'
import { createAccessVerifier } from './signet-verifier.ts'
import type { TrustedIssuer } from './signet-verifier-options.ts'
import { memoryStore } from './stores/memory.ts'

const home = 'https://home.example'
const partner = 'https://partner.example'
const homeKey = generateKey('ES256')
const partnerKey = generateKey('RS256')

const trusted = (issuer: string, changes: Partial<TrustedIssuer> = {}): TrustedIssuer =>
  ({
    issuer,
    audience: 'api',
    keys: issuer === home ? homeKey : createKeySet([partnerKey]),
    maxLifetimeSeconds: 600,
    ...changes,
  }) as TrustedIssuer

const tokenOf = (issuer: string, claims: object = {}, lifetimeSeconds = 300) =>
  sign({ sub: 'anna', ...claims }, issuer === home ? homeKey : partnerKey, {
    issuer,
    audience: 'api',
    lifetimeSeconds,
  })

describe('a verifier of many issuers', () => {
  it('holds each token to its own issuer', async () => {
    const verifier = await createAccessVerifier({ issuers: [trusted(home), trusted(partner)] })
    assert.equal(verifier.verify(tokenOf(home)).iss, home)
    assert.equal(verifier.verify(tokenOf(partner)).iss, partner)
    const forged = sign({ sub: 'anna' }, partnerKey, {
      issuer: home,
      audience: 'api',
      lifetimeSeconds: 60,
    })
    assert.throws(() => verifier.verify(forged), InvalidTokenError)
    const foreign = sign({ sub: 'anna' }, partnerKey, {
      issuer: 'https://else.example',
      audience: 'api',
      lifetimeSeconds: 60,
    })
    assert.throws(
      () => verifier.verify(foreign),
      (error: Error) => {
        assert.ok(error instanceof InvalidClaimError)
        assert.equal(error.claim, 'iss')
        return true
      },
    )
    assert.equal(verifier.tryVerify(foreign).ok, false)
    await verifier.close()
  })

  it('takes the algorithms, the types and the longest life that are named', async () => {
    const refuses = async (changes: Partial<TrustedIssuer>, token: string) => {
      const issuers = [trusted(home, changes)]
      const verifier = await createAccessVerifier({ issuers })
      assert.throws(() => verifier.verify(token), InvalidTokenError)
    }
    await refuses({ algorithms: ['ES384'] }, tokenOf(home))
    await refuses({ tokenType: 'access' }, tokenOf(home))
    await refuses({ typ: 'at+jwt' }, tokenOf(home))
    await refuses({ maxLifetimeSeconds: 60 }, tokenOf(home))
    await refuses({ audience: 'another' }, tokenOf(home))
    const typed = await createAccessVerifier({ issuers: [trusted(home, { tokenType: 'access' })] })
    assert.equal(typed.verify(tokenOf(home, { type: 'access' })).sub, 'anna')
    const noSubject = sign({}, homeKey, { issuer: home, audience: 'api', lifetimeSeconds: 60 })
    const plain = await createAccessVerifier({ issuers: [trusted(home)] })
    assert.throws(() => plain.verify(noSubject), MissingClaimError)
  })

  it('says that it knows nothing of revocations by being ready with none', async () => {
    const verifier = await createAccessVerifier({ issuers: [trusted(home)] })
    const { ready, entries, followers } = verifier.status()
    assert.deepEqual({ ready, entries, followers }, { ready: true, entries: 0, followers: 1 })
  })

  it('refuses options that make no sense, naming them', async () => {
    const bad = (options: unknown, complaint: RegExp) =>
      assert.rejects(createAccessVerifier(options as never), complaint)
    await bad({ issuers: [] }, /'issuers' must be a list/)
    await bad({ issuers: [trusted(home), trusted(home)] }, /names https:\/\/home.example twice/)
    await bad({ issuers: [{ ...trusted(home), jwksUrl: 'https://x' }] }, /'keys' or 'jwksUrl'/)
    await bad({ issuers: [{ issuer: home, audience: 'api' }] }, /'keys' or 'jwksUrl'/)
    await bad({ issuers: [{ ...trusted(home), keyz: 1 }] }, /unknown option 'keyz'/)
    await bad({ issuers: [trusted(home)], revocations: {} }, /followRevocations resolves to/)
    const { maxLifetimeSeconds: _, ...endless } = trusted(home)
    await using signet = await createSignet({ issuer: home })
    const { revocations } = signet
    await bad({ issuers: [endless], revocations }, /needs 'maxLifetimeSeconds'/)
  })
})

describe("another issuer's tokens", () => {
  it('are taken back like our own: by token, by session, by subject', async () => {
    const store = memoryStore()
    await using signet = await createSignet({
      issuer: home,
      secret: 'k8Jq0vXw3LzR6yTb9NcFhGmPdSaUeI2o',
      store,
    })
    const revocations = await followRevocations(store)
    const verifier = await createAccessVerifier({ issuers: [trusted(partner)], revocations })
    const issuer = partner
    const cases = [
      [tokenOf(partner, { jti: 'one' }), { tokenId: 'one', issuer }],
      [tokenOf(partner, { sid: 'two' }), { sessionId: 'two', issuer }],
      [tokenOf(partner, { sub: 'bert' }), { subject: 'bert', issuer }],
    ] as const
    for (const [token, target] of cases) {
      verifier.verify(token)
      const receipt = await signet.revoke(target, { waitFor: 'fleet' })
      assert.equal(receipt.complete, true)
      assert.throws(() => verifier.verify(token), RevokedTokenError)
    }
    const now = Math.floor(Date.now() / 1000)
    const later = tokenOf(partner, { sub: 'bert', iat: now + 2 })
    assert.equal(verifier.verify(later).sub, 'bert', 'issued after the log-out')
    verifier.verify(tokenOf(partner, { sub: 'anna' }))
    await revocations.close()
    assert.throws(() => verifier.verify(later), StaleRevocationsError)
    await verifier.close()
  })

  it('are refused beyond the lifetime for which revocations are kept', async () => {
    const store = memoryStore()
    const revocations = await followRevocations(store)
    const verifier = await createAccessVerifier({ issuers: [trusted(partner)], revocations })
    assert.equal((await store.look({ p: 0, tag: '' })).maxLife[partner], 600_000)
    assert.throws(() => verifier.verify(tokenOf(partner, {}, 601)), /lives 601 s/)
    await revocations.close()
  })

  it('tell the fleet how stale their verifier may be', async () => {
    const store = memoryStore()
    const revocations = await followRevocations(store, { maxStalenessSeconds: 5 })
    const options = { issuers: [trusted(partner)], revocations }
    await createAccessVerifier({ ...options, maxStalenessSeconds: 60, onStale: 'allow' })
    const { members } = await store.readReceipt({ p: 0, tag: '' })
    assert.deepEqual(
      members.map(({ maxStaleness, onStale }) => ({ maxStaleness, onStale })),
      [{ maxStaleness: 60_000, onStale: 'allow' }],
    )
    await createAccessVerifier({ ...options, maxStalenessSeconds: 2, onStale: 'allow' })
    assert.equal((await store.readReceipt({ p: 0, tag: '' })).members[0]?.maxStaleness, 60_000)
    await revocations.close()
  })
})
