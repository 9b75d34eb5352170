/** All routes of the server, in the order in which a reader meets them. */
import type { Route } from '../route.ts'
import { followerRoutes } from './followers.ts'
import { healthRoutes } from './health.ts'
import { meRoutes } from './me.ts'
import { oauthRoutes } from './oauth.ts'
import { operationsRoutes } from './operations.ts'
import { revocationRoutes } from './revocations.ts'
import { sessionRoutes } from './sessions.ts'
import { tokenRoutes } from './tokens.ts'
import { verifyRoutes } from './verify.ts'

export { DEFAULT_CLIENT_ID } from './sessions.ts'

export const routes: readonly Route[] = [
  ...sessionRoutes,
  ...tokenRoutes,
  ...revocationRoutes,
  ...followerRoutes,
  ...meRoutes,
  ...verifyRoutes,
  ...oauthRoutes,
  ...healthRoutes,
  ...operationsRoutes,
]
