/**
 * The revocation log for followers without access to the store: pages and a stream of what is appended, and the records
 * by which receipts wait for them. Whoever mounts it says who may ask: followers learn who is logged out.
 */
import { withDeadline } from '../deadline.ts'
import { namesIn } from '../keys/ring-document.ts'
import type { RingStore } from '../keys/ring-store.ts'
import { checkOptions, checkSeconds } from '../options.ts'
import { BEAT_LIMIT, type LogStore, type OnStale, type Tail } from '../revocation/log-store.ts'
import { origin, type Position, parsePosition } from '../revocation/position.ts'
import { type WireRing, writeTail } from '../revocation/wire.ts'
import { mediaType, RequestError, readText } from './body.ts'
import { EventStream } from './event-stream.ts'
import { refusal, refusalHeaders } from './refusal.ts'

export interface RevocationFeed {
  /**
   * GET: entries after the position in `after`, as JSON; with `accept: text/event-stream` as a stream that goes on, after
   * the header Last-Event-ID or `after`, or from now.
   */
  revocations(request: Request): Promise<Response>
  /** PUT: the record of a follower, answered with what it has not applied. DELETE: the follower leaves the fleet. */
  follower(request: Request, id: string): Promise<Response>
  /** Ends the streams. */
  close(): void
}

export interface RevocationFeedOptions {
  /** Bound on each call to the store. Default 2, from 0.05 to 60. */
  readonly timeoutSeconds?: number
}

/** @throws TypeError, RangeError naming the option */
export function revocationFeed(
  store: LogStore & RingStore,
  options: RevocationFeedOptions = {},
): RevocationFeed {
  checkOptions('revocationFeed', options, ['timeoutSeconds'])
  const { timeoutSeconds = 2 } = options
  const timeout = checkSeconds('timeoutSeconds', timeoutSeconds, { min: 0.05, max: 60 }) * 1000
  const look = (position: Position) => withDeadline(() => store.look(position), timeout)
  const stream = new EventStream({
    look,
    head: () => withDeadline(() => store.head(), timeout),
    watch: (onWake) => store.watch(onWake),
  })
  const ringAfter = async (version: number, { ringVersion }: Tail) => {
    if (ringVersion <= version) return undefined
    const document = await withDeadline(() => store.loadRing(), timeout)
    return document && { version: document.version, withdrawn: namesIn(document).withdrawn }
  }
  return {
    revocations: (request) =>
      answering(async () => {
        if (request.method !== 'GET') return refuse('the method must be GET', 405, { allow: 'GET' })
        const { searchParams } = new URL(request.url)
        const after = searchParams.get('after') ?? undefined
        if (wantsStream(request)) {
          const last = request.headers.get('last-event-id') ?? after
          const from = last === undefined ? undefined : readPosition(last)
          return stream.open(from, request.signal)
        }
        const tail = await look(after === undefined ? origin : readPosition(after))
        const version = readCount(searchParams.get('ring') ?? '0', 'ring')
        return page(tail, await ringAfter(version, tail))
      }),
    follower: (request, id) =>
      answering(async () => {
        checkMemberId(id)
        if (request.method === 'DELETE') {
          await withDeadline(() => store.removeMember(id), timeout)
          return new Response(null, { status: 204 })
        }
        if (request.method !== 'PUT') {
          return refuse('the methods are PUT and DELETE', 405, { allow: 'PUT, DELETE' })
        }
        const { ringVersion, ...report } = await readReport(request)
        const reply = await withDeadline(() => store.beat({ id, ...report }), timeout)
        return json(writeTail(reply, await ringAfter(ringVersion, reply)))
      }),
    close: () => stream.close(),
  }
}

/** Answers whatever a client or the store can cause; other errors are faults of the service. */
async function answering(answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer()
  } catch (error) {
    if (error instanceof RequestError) return refuse(error.message, error.status)
    const refused = refusal(error)
    return Response.json(refused.body, { status: refused.status, headers: refusalHeaders(refused) })
  }
}

/** A full page is what it is for good, since the log only grows behind it: caches may keep it. */
function page(tail: Tail, ring: WireRing | undefined): Response {
  const isFull = tail.entries.length === BEAT_LIMIT && tail.state === 'ok' && ring === undefined
  return json(writeTail(tail, ring), isFull ? 'private, max-age=86400, immutable' : 'no-store')
}

function json(body: unknown, caching = 'no-store'): Response {
  return Response.json(body, { headers: { 'cache-control': caching } })
}

function refuse(
  description: string,
  status: number,
  headers: { readonly [name: string]: string } = {},
): Response {
  return Response.json(
    { error: 'invalid_request', error_description: description },
    { status, headers: { ...headers, 'cache-control': 'no-store' } },
  )
}

function wantsStream({ headers }: Request): boolean {
  return (headers.get('accept') ?? '').toLowerCase().includes('text/event-stream')
}

const MAX_STALENESS_SECONDS = 3600

async function readReport(request: Request) {
  if (mediaType(request) !== 'application/json') {
    throw new RequestError('the body must be application/json', 415)
  }
  const body = parse(await readText(request))
  const names = ['position', 'maxStalenessSeconds', 'onStale', 'ringVersion']
  const foreign = Object.keys(body).find((name) => !names.includes(name))
  if (foreign !== undefined) {
    throw new RequestError(
      `unknown member '${foreign.slice(0, 40)}'; known are ${names.join(', ')}`,
    )
  }
  const { position, maxStalenessSeconds, onStale = 'deny', ringVersion = 0 } = body
  const seconds = Number(maxStalenessSeconds)
  if (
    !(seconds > 0 && seconds <= MAX_STALENESS_SECONDS) ||
    typeof maxStalenessSeconds !== 'number'
  ) {
    throw new RequestError(
      `'maxStalenessSeconds' must be a number above 0, at most ${MAX_STALENESS_SECONDS}`,
    )
  }
  if (onStale !== 'deny' && onStale !== 'allow') {
    throw new RequestError("'onStale' must be 'deny' or 'allow'")
  }
  return {
    position: readPosition(String(position)),
    maxStaleness: seconds * 1000,
    onStale: onStale as OnStale,
    ringVersion: readCount(String(ringVersion), 'ringVersion'),
  }
}

function parse(text: string): { readonly [name: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text)
    if (value !== null && typeof value === 'object') return value as { [name: string]: unknown }
  } catch {
    // Said below.
  }
  throw new RequestError('the body must be one JSON object')
}

function readPosition(text: string): Position {
  const position = parsePosition(text)
  if (position === undefined) throw new RequestError('a position is a number, a dash and a tag')
  return position
}

function readCount(text: string, name: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new RequestError(`'${name}' must be a whole number`)
  return Number(text)
}

/** Random ids only: a process that takes the id of another would report for it. */
function checkMemberId(id: string): void {
  if (!/^[\w-]{16,64}$/.test(id)) {
    throw new RequestError(
      'the id of a follower is 16 to 64 random letters, digits, - or _, new at each start',
    )
  }
}
