/** Forward authentication: a proxy asks before it lets a request through, and passes on who it is from. */
import { route } from '../route.ts'

export const verifyRoutes = [
  route({
    method: 'GET',
    path: '/v1/verify',
    summary: 'Checks an access token for a proxy (nginx auth_request, Traefik, Envoy).',
    access: 'token',
    input: {},
    answers: {
      200: { description: 'x-auth-subject, x-auth-role and x-auth-session say who it is' },
    },
    handle(_, { claims }) {
      const { sub, sid, role } = claims()
      const names = (Array.isArray(role) ? role : [role]).filter((each) => typeof each === 'string')
      return {
        status: 200,
        headers: {
          'x-auth-subject': headerText(sub),
          ...(names.length === 0 ? {} : { 'x-auth-role': names.map(headerText).join(',') }),
          ...(sid === undefined ? {} : { 'x-auth-session': headerText(sid) }),
        },
      }
    },
  }),
]

/**
 * A claim as a header. Visible ASCII stays as it is; anything else is percent-encoded as UTF-8, so that neither a line
 * break nor a foreign letter can change what the service behind the proxy reads. `%` and `,` are encoded, too: decoding
 * gives back exactly the claim.
 */
function headerText(value: string): string {
  return value.toWellFormed().replaceAll(/[^\x21-\x7e]+|[%,]/gu, encodeURIComponent)
}
