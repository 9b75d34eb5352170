/** HTTP without a framework: the one refusal table, the token of a header, endpoints of the Fetch API. */
export { bearerToken } from './bearer.ts'
export {
  type AccessOptions,
  type AccessVerifier,
  type Credentials,
  createGuard,
  type Guard,
} from './guard.ts'
export { type Refusal, refusal, refusalHeaders } from './refusal.ts'
export {
  type RevocationFeed,
  type RevocationFeedOptions,
  revocationFeed,
} from './revocation-feed.ts'
export {
  type Endpoint,
  type Refresher,
  type TokenEndpointOptions,
  tokenEndpoint,
} from './token-endpoint.ts'
