import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createKeySet, createSignet, generateKey, verify } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import { type Flaw, flaws } from './flaws.ts'
import { frozenClock } from './frozen-clock.ts'
import { tokenFactory } from './token-factory.ts'

const issuer = 'https://api.example'

async function application(clock = frozenClock()) {
  const tokens = tokenFactory({ issuer, clock })
  const signet = await createSignet({
    issuer,
    secret: tokens.secret,
    store: memoryStore({ clock }),
    clock,
  })
  return { tokens, signet, clock }
}

describe('tokenFactory', () => {
  it('makes tokens that an application with its secret accepts', async () => {
    const { tokens, signet } = await application()
    const token = tokens.access({
      subject: 'anna',
      claims: { role: 'editor' },
      scope: 'read write',
      sessionId: 's-1',
      clientId: 'web',
    })
    const { sub, role, scope, sid, client_id, type } = signet.verify(token)
    assert.deepEqual(
      [sub, role, scope, sid, client_id, type],
      ['anna', 'editor', 'read write', 's-1', 'web', 'access'],
    )
    await signet.close()
  })

  it('makes tokens that can be revoked, and live as long as they say', async () => {
    const { tokens, signet, clock } = await application()
    const [revoked, short] = [tokens.access(), tokens.access({ lifetimeSeconds: 60 })]
    await signet.revoke({ token: revoked })
    assert.throws(() => signet.verify(revoked), { code: 'ERR_TOKEN_REVOKED' })
    clock.windSeconds(59)
    signet.verify(short)
    clock.windSeconds(1)
    assert.throws(() => signet.verify(short), { code: 'ERR_TOKEN_EXPIRED' })
    await signet.close()
  })

  for (const flaw of Object.keys(flaws) as Flaw[]) {
    it(`makes a token that is refused: ${flaw}`, async () => {
      const { tokens, signet } = await application()
      assert.throws(() => signet.verify(tokens.flawed(flaw)), { code: flaws[flaw] })
      assert.throws(() => signet.verify(tokens.flawed(flaw, { subject: 'anna' })))
      await signet.close()
    })
  }

  it('signs with any key, and shows its public part as the issuer would', () => {
    const tokens = tokenFactory({ issuer, key: generateKey('ES256', { kid: 'test' }) })
    const keys = createKeySet(tokens.jwks())
    assert.equal(verify(tokens.access(), keys, { issuer, audience: issuer }).sub, '42')
    assert.equal('d' in (tokens.jwks().keys[0] as object), false)
    for (const flaw of ['signed with another key', 'with altered claims'] as const) {
      assert.throws(() => verify(tokens.flawed(flaw), keys, { audience: issuer }), {
        code: 'ERR_SIGNATURE_INVALID',
      })
    }
  })

  it('refuses what cannot be meant', () => {
    const { secret, key, flawed, access, jwks } = tokenFactory({ issuer })
    assert.throws(() => tokenFactory({ issuer, secret: String(secret), key }), /both given/)
    assert.throws(() => tokenFactory({ issuer, secret: 'short' }), { code: 'ERR_KEY_INVALID' })
    assert.throws(() => tokenFactory({ isuer: issuer } as never), /did you mean 'issuer'/)
    assert.throws(() => access({ sub: 'anna' } as never), /unknown option 'sub'/)
    assert.throws(() => flawed('made up' as never), /'flaw' must be one of expired/)
    assert.throws(() => jwks(), /a shared secret has no public key/)
    const [publicKey] = createKeySet(
      tokenFactory({ issuer, key: generateKey('ES256') }).jwks(),
    ).keys
    assert.throws(() => tokenFactory({ issuer, key: publicKey as never }), /can only verify/)
  })
})
