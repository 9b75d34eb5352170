/**
 * Handlers of the Fetch API, as Next.js route handlers, Remix and Deno have them: a Request in, a Response out. Run:
 * node --conditions=@signet-jwt/source examples/fetch-handlers.ts
 */
import { type AccessClaims, type Claims, createSignet } from 'signet-jwt'
import { createGuard, refusal, refusalHeaders, roleRequirement } from 'signet-jwt/http'

const signet = await createSignet({ issuer: 'https://api.example' })
const guard = createGuard(signet, {})

type Handler = (request: Request, claims: AccessClaims<Claims>) => Response | Promise<Response>

/** Wraps a handler that needs an access token, and one of the roles if any are named. */
function withAccess(handler: Handler, ...anyOf: readonly string[]) {
  const requireRole = anyOf.length === 0 ? undefined : roleRequirement(anyOf)
  return async (request: Request): Promise<Response> => {
    const { headers } = request
    try {
      const claims = (await guard({
        authorization: headers.get('authorization') ?? undefined,
        cookie: headers.get('cookie') ?? undefined,
      })) as AccessClaims<Claims>
      requireRole?.(claims)
      return await handler(request, claims)
    } catch (error) {
      // Throws what is no refusal: such a fault is the framework's to handle.
      const refused = refusal(error)
      return Response.json(refused.body, {
        status: refused.status,
        headers: refusalHeaders(refused),
      })
    }
  }
}

// app/articles/route.ts would export these two.
const GET = withAccess((_, { sub }) => Response.json({ reader: sub }))
const DELETE = withAccess((_, { sub }) => Response.json({ deletedBy: sub }), 'editor', 'admin')

const { accessToken, sessionId } = await signet.issue({ subject: '42', claims: { role: 'reader' } })
const request = (token?: string) =>
  new Request(
    'https://api.example/articles',
    token ? { headers: { authorization: `Bearer ${token}` } } : {},
  )
const show = async (what: string, response: Response) =>
  console.log(`${what.padEnd(22)}${response.status} ${await response.text()}`)

await show('GET', await GET(request(accessToken)))
await show('GET, no token', await GET(request()))
await show('DELETE, a reader', await DELETE(request(accessToken)))
await signet.revoke({ sessionId })
await show('GET, logged out', await GET(request(accessToken)))
await signet.close()
