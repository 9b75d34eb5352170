import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Schema } from '../jose/schema.ts'
import { encodeCustomClaims, MAX_CLAIMS_BYTES, reservedClaimNames } from './custom-claims.ts'

const encode = (claims: unknown, schema?: Schema<unknown>) => encodeCustomClaims(claims, schema, [])

describe('custom claims', () => {
  it('become JSON text', async () => {
    assert.equal(await encode({ role: 'editor', teams: [1, 2] }), '{"role":"editor","teams":[1,2]}')
    assert.equal(await encode(undefined), '{}')
  })

  it('cannot take the name of a claim that Signet sets', async () => {
    for (const name of reservedClaimNames) {
      await assert.rejects(encode({ [name]: 'x' }), new RegExp(`claim '${name}' is set by Signet`))
    }
  })

  it('hold nothing that sounds secret, at any depth, unless that is allowed by name', async () => {
    await assert.rejects(
      encode({ profile: { api_key: 'x' } }),
      /claim 'profile.api_key' names something secret/,
    )
    assert.equal(await encodeCustomClaims({ pin: '1' }, undefined, ['pin']), '{"pin":"1"}')
  })

  it('hold only what JSON can carry', async () => {
    await assert.rejects(encode({ at: new Date(0) }), /claims.at must be a JSON value, got a Date/)
    await assert.rejects(encode({ n: Number.NaN }), /claims.n must be a JSON value/)
    await assert.rejects(encode([]), /must be a plain object, got an empty list/)
  })

  it('stay small, since they travel with every request', async () => {
    await assert.rejects(encode({ text: 'é'.repeat(MAX_CLAIMS_BYTES / 2) }), /at most 4096 travel/)
  })

  it('are what the schema makes of them, and are refused in its words', async () => {
    const schema: Schema<unknown> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: async (value) => {
          const { role } = value as { role?: string }
          if (role === undefined) return { issues: [{ message: 'is missing', path: ['role'] }] }
          return { value: { role: role.toUpperCase() } }
        },
      },
    }
    assert.equal(await encode({ role: 'editor', dropped: 1 }, schema), '{"role":"EDITOR"}')
    await assert.rejects(encode({}, schema), /claim 'role' does not fit the schema: is missing/)
  })
})
