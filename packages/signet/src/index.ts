/** The public surface of signet-jwt: the codec, and the whole life of a token. Stores and adapters have subpaths. */
export type { AccessClaims } from './access/access-claims.ts'
export type { TokenLifetime, WatchOptions } from './access/lifetime.ts'
export type { AccessVerifyOptions } from './access/verifier.ts'
export * from './codec.ts'
export type { ListedKey } from './keys/listed-key.ts'
export type { MasterKey } from './keys/sealing-keys.ts'
export type { PastEvent, PastEventType } from './sessions/chronicle.ts'
export type { Context } from './sessions/context.ts'
export type { SessionEventType, SignetEvent } from './sessions/events.ts'
export type { Introspection } from './sessions/introspect.ts'
export type { IssueAccessTokenOptions, IssuedAccessToken, IssueOptions } from './sessions/issue.ts'
export type { RefreshContext } from './sessions/refresh.ts'
export type { Receipt, RevokeOptions } from './sessions/revoke.ts'
export type { RevokeTarget } from './sessions/revoke-target.ts'
export type { Session } from './sessions/session.ts'
export type { ListOptions, SessionList } from './sessions/session-list.ts'
export type { TokenPair } from './sessions/token-pair.ts'
export type { Explanation, Verdict } from './sessions/why.ts'
export { createSignet, type Signet } from './signet.ts'
export { type ExplainOptions, explain } from './signet-explain.ts'
export type {
  CacheOptions,
  RevocationOptions,
  SessionOptions,
  SignetBaseOptions,
  SignetKeyOptions,
  SignetOptions,
} from './signet-options.ts'
export { type ResealOptions, reseal } from './signet-reseal.ts'
export {
  type FeedSource,
  type FollowerStatus,
  type FollowOptions,
  followRevocations,
  type Revocations,
} from './signet-revocations.ts'
export type { RingOptions } from './signet-ring-options.ts'
export { createAccessVerifier, type Verifier } from './signet-verifier.ts'
export type { AccessVerifierOptions, TrustedIssuer } from './signet-verifier-options.ts'
export type { Store } from './stores/store.ts'
