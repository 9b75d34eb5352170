/** The HTTP layer: one refusal table, the tokens of requests, endpoints from Request to Response. */
export type { AccessClaims } from '../access/access-claims.ts'
export type { Verifier } from '../signet.ts'
export { bearerToken, cookieToken } from './bearer.ts'
export {
  type Credentials,
  checkRole,
  checkScope,
  createGuard,
  type Guard,
  type RequireAccessOptions,
} from './guard.ts'
export { type Refusal, refusal } from './refusal.ts'
export { type Refresher, type TokenEndpointOptions, tokenEndpoint } from './token-endpoint.ts'
