/** Who asks at an OAuth endpoint: client authentication by RFC 6749 section 2.3. */
import { hash, timingSafeEqual } from 'node:crypto'
import { checkOptions, checkText, describe } from '../options.ts'
import { OAuthError } from './oauth-answer.ts'

/** A registered client. One with a secret is confidential and must prove it; one without is public. */
export interface OAuthClient {
  readonly clientId: string
  readonly secret?: string
}

export interface Client {
  readonly clientId: string | undefined
  /** It has proved a secret. */
  readonly isConfidential: boolean
}

export interface ClientOptions {
  /**
   * The clients there are. Without them any `client_id` is taken as that of a public client: it is then no more than a
   * name, to which sessions are bound.
   */
  readonly clients?: readonly OAuthClient[]
  /** The client that a request without any comes from. Default: none, for sessions that belong to no client. */
  readonly defaultClientId?: string
}

export const clientOptionNames: readonly string[] = ['clients', 'defaultClientId']

export type AuthenticateClient = (request: Request, form: ReadonlyMap<string, string>) => Client

/** Bytes that the secret of a client must have at least: it is guessed over the network, and never typed. */
const MIN_SECRET_LENGTH = 16

/**
 * Makes the check of clients.
 *
 * @throws TypeError naming the option; the check throws OAuthError
 */
export function clientAuthentication(options: ClientOptions): AuthenticateClient {
  const defaultClientId =
    options.defaultClientId === undefined
      ? undefined
      : checkText('defaultClientId', options.defaultClientId)
  const registered = options.clients === undefined ? undefined : register(options.clients)
  return (request, form) => {
    const claimed = readClaim(request, form)
    const clientId = claimed.clientId ?? defaultClientId
    const { secret } = claimed
    if (registered === undefined) {
      if (secret !== undefined) throw clientRefusal('clients are public here: send client_id alone')
      return { clientId, isConfidential: false }
    }
    // A client that does not say who it is can only be the default one, and only when that needs no secret.
    const digest = clientId === undefined ? undefined : registered.get(clientId)
    if (clientId === undefined || digest === undefined) throw clientRefusal('the client is unknown')
    if (digest === 'public') {
      if (secret !== undefined)
        throw clientRefusal('the client has no secret: send client_id alone')
      return { clientId, isConfidential: false }
    }
    if (secret === undefined) throw clientRefusal('the client must authenticate')
    if (!timingSafeEqual(digestOf(secret), digest)) throw clientRefusal('the secret is wrong')
    return { clientId, isConfidential: true }
  }
}

function register(clients: readonly OAuthClient[]): ReadonlyMap<string, Buffer | 'public'> {
  if (!Array.isArray(clients)) {
    throw new TypeError(
      `'clients' must be a list of { clientId, secret? }, got ${describe(clients)}`,
    )
  }
  const registered = new Map<string, Buffer | 'public'>()
  for (const client of clients) {
    checkOptions('clients', client, ['clientId', 'secret'])
    const clientId = checkText('clientId', client.clientId)
    if (registered.has(clientId)) throw new TypeError(`'clients' names ${clientId} twice`)
    registered.set(clientId, client.secret === undefined ? 'public' : readSecret(client.secret))
  }
  return registered
}

function readSecret(secret: string): Buffer {
  if (checkText('secret', secret).length < MIN_SECRET_LENGTH) {
    throw new TypeError(
      `the 'secret' of a client must have at least ${MIN_SECRET_LENGTH} characters; make one with: signet secret`,
    )
  }
  return digestOf(secret)
}

/** Digests have one length, so the comparison takes the same time whatever was sent. */
function digestOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

interface Claimed {
  readonly clientId: string | undefined
  readonly secret: string | undefined
}

/** @throws OAuthError when two ways to authenticate are used at once (RFC 6749 section 2.3) */
function readClaim(request: Request, form: ReadonlyMap<string, string>): Claimed {
  const header = request.headers.get('authorization')
  const clientId = form.get('client_id')
  const secret = form.get('client_secret')
  if (form.has('client_assertion')) {
    throw clientRefusal('client assertions are not supported')
  }
  if (header === null) return { clientId, secret }
  if (secret !== undefined) {
    throw new OAuthError('invalid_request', 'the client authenticates in two ways at once')
  }
  const basic = readBasic(header)
  if (clientId !== undefined && clientId !== basic.clientId) {
    throw new OAuthError('invalid_request', 'client_id is not the client that authenticates')
  }
  return basic
}

/** Both parts are form-encoded before they are joined (RFC 6749 section 2.3.1). */
function readBasic(header: string): Claimed {
  const [, scheme = '', encoded = ''] = /^([\w-]+) +([A-Za-z0-9+/]+={0,2})$/.exec(header) ?? []
  if (scheme.toLowerCase() !== 'basic') throw clientRefusal('the scheme here is Basic')
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  const clientId = decodeForm(text.slice(0, colon))
  const secret = decodeForm(text.slice(colon + 1))
  if (colon < 1 || clientId === undefined || secret === undefined) {
    throw clientRefusal('the credentials are malformed')
  }
  return { clientId, secret: secret === '' ? undefined : secret }
}

function decodeForm(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

/** A 401 carries a challenge (RFC 9110 section 15.5.2), of the scheme that clients use (RFC 6749 section 5.2). */
export function clientRefusal(description: string): OAuthError {
  return new OAuthError('invalid_client', description, 401, {
    'www-authenticate': 'Basic realm="oauth"',
  })
}
