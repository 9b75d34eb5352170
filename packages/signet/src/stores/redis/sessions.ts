/** The port to sessions, on Redis: each method is one script, and where it says something, the way of its entry to the log. */
import { ENTRY_MARGIN_MS, type Entry } from '../../revocation/entry.ts'
import type { LogStore } from '../../revocation/log-store.ts'
import type { Position } from '../../revocation/position.ts'
import { noteOf } from '../../sessions/history.ts'
import type { Decision, Presentation, RotationOutcome } from '../../sessions/rotation.ts'
import { subjectHash, subjectHashOf } from '../../sessions/session-id.ts'
import type { SessionRow } from '../../sessions/session-row.ts'
import type {
  Birth,
  Delivery,
  Revocation,
  Revoked,
  SessionPage,
  SessionStore,
  Stamp,
  StoredSession,
} from '../../sessions/session-store.ts'
import type { Connection } from './connection.ts'
import { type Keys, shardIn } from './keys.ts'
import type { Appended, Outbox, Waiting } from './outbox.ts'
import type { Script } from './script.ts'
import { createSession, stampSubject } from './scripts/birth.ts'
import { getSession, listSessions } from './scripts/read.ts'
import { reofferSubject, revokeSession, revokeSubject, undelivered } from './scripts/revoke.ts'
import { rotate } from './scripts/rotate.ts'
import { readSession, sessionFields, toField, unpack } from './session-fields.ts'

/** Where the row begins in what `rotate` answers. */
const ROW_FROM = 3

type SaidEntry = Omit<Entry, 'at' | 'expiresAt'>

export class RedisSessions implements Omit<SessionStore, 'sweep'>, Pick<LogStore, 'reoffer'> {
  readonly #connection: Connection
  readonly #keys: Keys
  readonly #outbox: Outbox
  readonly #head: () => Promise<Position>

  constructor(connection: Connection, keys: Keys, outbox: Outbox, head: () => Promise<Position>) {
    this.#connection = connection
    this.#keys = keys
    this.#outbox = outbox
    this.#head = head
  }

  async createSession(birth: Birth): Promise<SessionRow> {
    const { sid, issuer, idleLifetime, absoluteLifetime, maxPerSubject } = birth
    const keys = this.#keysOf(sid)
    const reply = (await this.#connection.write(createSession, keys, [
      String(idleLifetime),
      String(absoluteLifetime),
      String(maxPerSubject),
      issuer,
      ...fieldsOf(birth),
    ])) as [string, ...string[]]
    const [row, ...evicted] = reply
    if (evicted.length > 0) await this.#outbox.deliver(shardIn(keys[0]), pairs(evicted))
    return readSession(sid, unpack(row))
  }

  async stampSubject(hs: string): Promise<Stamp> {
    const key = this.#keys.register(hs)
    const [epoch, now] = (await this.#connection.write(stampSubject, [key], [])) as string[]
    return { epoch: Number(epoch), now: Number(now) }
  }

  async rotate(presented: Presentation): Promise<Decision> {
    const { sid, entryId: id } = presented
    const keys = this.#keysOf(sid)
    const reply = await this.#connection.write(rotate, keys, argsOf(presented))
    const parts = unpack(reply as string)
    const [outcome, recovered, now] = parts
    const json = parts[ROW_FROM + sessionFields.length]
    if (json !== undefined) await this.#outbox.deliver(shardIn(keys[0]), [{ id, json }])
    return {
      outcome: outcome as RotationOutcome,
      row: parts.length > ROW_FROM ? readSession(sid, parts, ROW_FROM) : undefined,
      recovered: recovered === '1',
      now: Number(now),
    }
  }

  async undelivered({ sid, gen, attempt }: Delivery): Promise<boolean> {
    const keys = [this.#keys.session(sid)]
    return (await this.#connection.write(undelivered, keys, [String(gen), attempt])) === 1
  }

  async revoke(revocation: Revocation): Promise<Revoked> {
    const { issuer, reason, entryId: id } = revocation
    const base = { id, issuer, ...(reason === undefined ? {} : { reason }) }
    switch (revocation.kind) {
      case 'token':
        return this.#append(
          { ...base, kind: 'token', key: revocation.tokenId },
          revocation.expiresAt,
        )
      case 'session':
        return this.#endSession({ ...base, kind: 'session', key: revocation.sid })
      case 'subject':
        return this.#endSubject(revocation, { ...base, kind: 'subject', key: revocation.subject })
    }
  }

  async reoffer(entry: Entry): Promise<Position> {
    const { id, kind, issuer, key, epoch, reason, expiresAt } = entry
    const said: SaidEntry = {
      id,
      kind,
      issuer,
      key,
      ...(epoch === undefined ? {} : { epoch }),
      ...(reason === undefined ? {} : { reason }),
    }
    if (kind === 'session') return (await this.#endSession(said)).position
    if (kind === 'subject') {
      const keys: [string] = [this.#keys.register(subjectHash(issuer, key))]
      return (await this.#say(reofferSubject, keys, said, String(epoch ?? 0))).position
    }
    // Of a token its own end is known; what covers many tokens lives as long as any entry made now.
    return (await this.#append(said, kind === 'token' ? expiresAt - ENTRY_MARGIN_MS : undefined))
      .position
  }

  async getSession(sid: string): Promise<StoredSession | undefined> {
    const reply = await this.#connection.run(getSession, this.#keysOf(sid), [])
    const [row, cut] = reply as [string | undefined, string]
    return row === undefined ? undefined : { row: readSession(sid, unpack(row)), cut: Number(cut) }
  }

  async listSessions(query: {
    readonly hs: string
    readonly after: string | undefined
    readonly limit: number
  }): Promise<SessionPage> {
    const { hs, after = '', limit } = query
    const reply = await this.#connection.run(
      listSessions,
      [this.#keys.register(hs)],
      [after, String(limit)],
    )
    const [more, ...found] = reply as [string, ...string[]]
    const rows: SessionRow[] = []
    for (let place = 0; place < found.length; place += 2) {
      rows.push(readSession(found[place] as string, unpack(found[place + 1] as string)))
    }
    return { rows, next: more === '1' ? rows.at(-1)?.sid : undefined }
  }

  #endSession(said: SaidEntry): Promise<Revoked> {
    return this.#say(revokeSession, [this.#keys.session(said.key)], said, noteOf(said.reason))
  }

  async #endSubject(
    { hs, keepSid }: Extract<Revocation, { kind: 'subject' }>,
    said: SaidEntry,
  ): Promise<Revoked> {
    const register = this.#keys.register(hs)
    if (keepSid === undefined) return this.#say(revokeSubject, [register], said)
    // A session of somebody else lies in another slot, and is not there to be kept either.
    if (subjectHashOf(keepSid) !== hs) return this.#changeNothing(said)
    return this.#say(revokeSubject, [register, this.#keys.session(keepSid)], said)
  }

  /** Runs a step that puts an entry into the box of its shard, and brings the entry to the log. */
  async #say(
    step: Script,
    keys: readonly [string, ...string[]],
    said: SaidEntry,
    ...args: readonly string[]
  ): Promise<Revoked> {
    const reply = await this.#connection.write(step, keys, [said.id, JSON.stringify(said), ...args])
    const [json] = reply as readonly string[]
    if (json === undefined) return this.#changeNothing(said)
    const [appended] = await this.#outbox.deliver(shardIn(keys[0]), [{ id: said.id, json }])
    return revoked(JSON.parse(json) as SaidEntry, appended)
  }

  async #append(said: SaidEntry, tokenExpiresAt: number | undefined): Promise<Revoked> {
    const [appended] = await this.#outbox.append([JSON.stringify(said)], tokenExpiresAt)
    return revoked(said, appended)
  }

  async #changeNothing(said: SaidEntry): Promise<Revoked> {
    return { position: await this.#head(), entry: { ...said, at: 0, expiresAt: 0 }, kept: false }
  }

  #keysOf(sid: string): readonly [string, string] {
    return [this.#keys.session(sid), this.#keys.register(subjectHashOf(sid))]
  }
}

function argsOf(presented: Presentation): readonly string[] {
  const { policy, claims } = presented
  return [
    String(presented.gen),
    presented.secretHash,
    toField(presented.client),
    toField(presented.cnf),
    toField(presented.contextHash),
    presented.device,
    presented.attempt,
    presented.macKid,
    claims === undefined ? '' : `=${claims}`,
    String(policy.grace),
    String(policy.idleLifetime),
    String(policy.maxReplays),
    presented.issuer,
    presented.entryId,
  ]
}

function revoked(said: SaidEntry, appended: Appended | undefined): Revoked {
  const { position, ...times } = appended as Appended
  return { position, entry: { ...said, ...times }, kept: true }
}

/** What a session is born with, as names and texts. */
function fieldsOf(birth: Birth): readonly string[] {
  const { subject, claims, audience, context, secretHash, macKid, attempt } = birth
  const fields = {
    subject: toField(subject),
    claims,
    audience,
    context,
    secretHash,
    macKid,
    attempt,
    scope: toField(birth.scope),
    client: toField(birth.client),
    cnf: toField(birth.cnf),
    contextHash: toField(birth.contextHash),
  }
  return Object.entries(fields).flat()
}

function pairs(texts: readonly string[]): readonly Waiting[] {
  const waiting: Waiting[] = []
  for (let place = 0; place < texts.length; place += 2) {
    waiting.push({ id: texts[place] as string, json: texts[place + 1] as string })
  }
  return waiting
}
