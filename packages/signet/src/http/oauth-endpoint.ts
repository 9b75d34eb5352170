/** What every OAuth endpoint does around its own question: method, form, client, and the words of refusals. */
import { RequestError } from './body.ts'
import { readForm } from './form.ts'
import { OAuthError, oauthAnswer, oauthRefusal } from './oauth-answer.ts'
import type { AuthenticateClient, Client } from './oauth-client.ts'
import { refusal, refusalHeaders } from './refusal.ts'

/** An endpoint of the Fetch API: it answers every request and never rejects for what a client has sent. */
export type Endpoint = (request: Request) => Promise<Response>

export interface Asked {
  readonly request: Request
  readonly form: ReadonlyMap<string, string>
  readonly client: Client
}

/** @param answer may throw OAuthError, or any error of Signet that has a row in the refusal table */
export function oauthEndpoint(
  authenticate: AuthenticateClient,
  answer: (asked: Asked) => Promise<Response>,
): Endpoint {
  return async (request) => {
    try {
      if (request.method !== 'POST') {
        throw new OAuthError('invalid_request', 'the method must be POST', 405, { allow: 'POST' })
      }
      const form = await readForm(request)
      return await answer({ request, form, client: authenticate(request, form) })
    } catch (error) {
      if (error instanceof OAuthError) return oauthRefusal(error)
      if (error instanceof RequestError) {
        return oauthRefusal(new OAuthError('invalid_request', error.message, error.status))
      }
      const refused = refusal(error)
      return oauthAnswer(refused.status, refused.body, refusalHeaders(refused))
    }
  }
}

/** @throws OAuthError when it is missing */
export function parameter(form: ReadonlyMap<string, string>, name: string): string {
  const value = form.get(name)
  if (value !== undefined) return value
  throw new OAuthError('invalid_request', `${name} is missing`)
}
