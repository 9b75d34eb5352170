/** What a holder of an access token may do: see who they are and where they are logged in, and log out. */

import type { AccessClaims } from 'signet-jwt'
import { MissingTokenError } from 'signet-jwt'
import { z } from 'zod'
import { type CustomClaims, ownToken, route } from '../route.ts'
import { present, sessionOf } from './sessions.ts'

export const meRoutes = [
  route({
    method: 'GET',
    path: '/v1/whoami',
    summary: 'The claims of your access token',
    access: ownToken,
    handle: ({ claims }) => ({ status: 200, body: mine(claims) }),
  }),
  route({
    method: 'GET',
    path: '/v1/me/sessions',
    summary: 'Where you are logged in',
    access: ownToken,
    query: z.strictObject({ after: z.string().min(1).optional() }),
    handle: async ({ signet, claims, query }) => {
      const { sessions, next } = await signet.sessions.list({
        subject: mine(claims).sub,
        ...present(query),
      })
      return { status: 200, body: { sessions: sessions.map(sessionOf), ...(next && { next }) } }
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/me/sessions',
    summary: 'Log out everywhere',
    access: ownToken,
    handle: async ({ signet, claims }) => ({
      status: 200,
      body: await signet.revoke({ subject: mine(claims).sub }, { waitFor: 'fleet' }),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/verify',
    summary: 'Forward-auth for a proxy: 200 with who it is, 401 or 503',
    access: ownToken,
    handle: ({ claims }) => {
      const { sub, role, sid } = mine(claims)
      return {
        status: 200,
        headers: {
          'x-auth-subject': headerText(sub),
          ...(typeof role === 'string' ? { 'x-auth-role': headerText(role) } : {}),
          ...(sid === undefined ? {} : { 'x-auth-session': sid }),
        },
      }
    },
  }),
]

function mine(claims: AccessClaims<CustomClaims> | undefined): AccessClaims<CustomClaims> {
  if (claims === undefined) throw new MissingTokenError('the request has no access token')
  return claims
}

/** Header values are ASCII without control characters (RFC 9110 section 5.5); anything else is percent-encoded. */
function headerText(text: string): string {
  return /^[\x21-\x24\x26-\x7e]+$/.test(text) ? text : encodeURIComponent(text)
}
