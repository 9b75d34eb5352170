/** What is measured, each as a call that can be made again and again, and checked once before it is timed. */
import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { createSignet, generateSecret } from 'signet-jwt'
import type { Presentation } from '../../packages/signet/src/sessions/rotation.ts'
import { newSessionId } from '../../packages/signet/src/sessions/session-id.ts'
import type { SessionRow } from '../../packages/signet/src/sessions/session-row.ts'
import type { Store } from '../../packages/signet/src/stores/store.ts'
import type { Bare } from './engines.ts'

export interface Operation {
  readonly name: string
  /** The bare statements it is compared with. */
  readonly bare: keyof Bare | undefined
  readonly prepare: (store: Store) => Promise<Prepared>
}

export interface Prepared {
  /** Does the operation once; calls may overlap. */
  readonly call: () => Promise<void>
  readonly end?: () => Promise<void>
}

const ISSUER = 'https://issuer.example'
/** Enough that no call meets the session of another that is under way. */
const SESSIONS = 2000

export const operations: readonly Operation[] = [
  { name: 'rotations in the store', bare: 'rotation', prepare: prepareRotations },
  { name: 'births in the store', bare: 'issue', prepare: prepareBirths },
  { name: 'revocations in the store', bare: 'revocation', prepare: prepareRevocations },
  {
    name: 'whole refreshes: token in, pair out (HS256)',
    bare: 'rotation',
    prepare: prepareRefresh,
  },
]

async function prepareRotations(store: Store): Promise<Prepared> {
  const rows = await births(store)
  let next = 0
  const rotate = async () => {
    const index = next++ % rows.length
    const row = rows[index] as SessionRow
    const decision = await store.rotate(presentation(row))
    if (decision.outcome !== 'rotated') throw new Error(decision.outcome)
    rows[index] = decision.row as SessionRow
  }
  const { sid, gen } = rows[0] as SessionRow
  await rotate()
  assert.equal((await store.getSession(sid))?.row.gen, gen + 1)
  return { call: rotate }
}

async function prepareBirths(store: Store): Promise<Prepared> {
  let next = 0
  const row = await store.createSession(birth('first'))
  assert.equal((await store.getSession(row.sid))?.row.subject, 'first')
  const call = async () => {
    await store.createSession(birth(`user ${next++}`))
  }
  return { call }
}

async function prepareRevocations(store: Store): Promise<Prepared> {
  const rows = await births(store)
  let next = 0
  const revoke = async () => {
    const { sid } = rows[next++ % rows.length] as SessionRow
    await store.revoke({ kind: 'session', sid, issuer: ISSUER, reason: undefined, entryId: id() })
  }
  const before = await store.head()
  await revoke()
  const { sid } = rows[0] as SessionRow
  assert.ok((await store.getSession(sid))?.row.revokedAt)
  assert.equal((await store.look(before)).entries[0]?.key, sid)
  return { call: revoke }
}

async function prepareRefresh(store: Store): Promise<Prepared> {
  const signet = await createSignet({ issuer: ISSUER, secret: generateSecret(), store })
  const tokens: string[] = []
  await inBatches(async (i) => {
    const pair = await signet.issue({ subject: `user ${i}`, claims: { role: 'editor' } })
    tokens.push(pair.refreshToken)
  })
  let next = 0
  const refresh = async () => {
    const index = next++ % tokens.length
    const pair = await signet.refresh(tokens[index] as string)
    if (pair.outcome !== 'rotated') throw new Error(pair.outcome)
    tokens[index] = pair.refreshToken
  }
  const [first] = tokens as [string]
  assert.equal(signet.verify((await signet.refresh(first)).accessToken).sub, 'user 0')
  tokens[0] = (await signet.refresh(first)).refreshToken
  return { call: refresh, end: () => signet.close() }
}

async function births(store: Store): Promise<SessionRow[]> {
  const rows: SessionRow[] = []
  await inBatches(async (i) => {
    rows.push(await store.createSession(birth(`user ${i}`)))
  })
  return rows
}

async function inBatches(make: (index: number) => Promise<void>): Promise<void> {
  for (let i = 0; i < SESSIONS; i += 100)
    await Promise.all(Array.from({ length: 100 }, (_, j) => make(i + j)))
}

function birth(subject: string) {
  return {
    issuer: ISSUER,
    sid: newSessionId(ISSUER, subject, randomBytes),
    subject,
    claims: '{"role":"editor"}',
    audience: `"${ISSUER}"`,
    scope: undefined,
    client: undefined,
    cnf: undefined,
    context: '{}',
    secretHash: hash('sha256', subject, 'base64url'),
    contextHash: undefined,
    macKid: 'mac-1',
    attempt: id(),
    idleLifetime: 14 * 86_400_000,
    absoluteLifetime: 90 * 86_400_000,
    maxPerSubject: 100,
  }
}

function presentation(row: SessionRow): Presentation {
  return {
    issuer: ISSUER,
    sid: row.sid,
    gen: row.gen,
    secretHash: row.secretHash,
    client: undefined,
    cnf: undefined,
    contextHash: undefined,
    device: '',
    attempt: id(),
    macKid: 'mac-1',
    claims: undefined,
    policy: { grace: 10_000, idleLifetime: 14 * 86_400_000, maxReplays: 100 },
    entryId: id(),
  }
}

function id(): string {
  return randomBytes(16).toString('base64url')
}
