/** HTTP without a framework: the one refusal table, the token of a header, endpoints of the Fetch API. */
export { bearerToken } from './bearer.ts'
export {
  type CookieIssuer,
  type CookieSessionOptions,
  type CookieSessions,
  cookieSessions,
} from './cookie-sessions.ts'
export {
  type AccessOptions,
  type AccessVerifier,
  type Credentials,
  createGuard,
  type Guard,
  type Requirement,
  roleRequirement,
  scopeRequirement,
} from './guard.ts'
export {
  type IntrospectionEndpointOptions,
  type Introspector,
  introspectionEndpoint,
} from './introspection-endpoint.ts'
export type { ClientOptions, OAuthClient } from './oauth-client.ts'
export type { Endpoint } from './oauth-endpoint.ts'
export { type Refusal, refusal, refusalHeaders } from './refusal.ts'
export {
  type RevocationEndpointOptions,
  type Revoker,
  revocationEndpoint,
} from './revocation-endpoint.ts'
export {
  type RevocationFeed,
  type RevocationFeedOptions,
  revocationFeed,
} from './revocation-feed.ts'
export {
  type Refresher,
  type TokenEndpointOptions,
  tokenEndpoint,
} from './token-endpoint.ts'
