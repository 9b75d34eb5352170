/** Every route there is. */
import type { Route } from '../route.ts'
import { meRoutes } from './me.ts'
import { revocationRoutes } from './revocations.ts'
import { sessionRoutes } from './sessions.ts'
import { tokenRoutes } from './tokens.ts'
import { wellKnownRoutes } from './well-known.ts'

export const routes: readonly Route[] = [
  ...sessionRoutes,
  ...tokenRoutes,
  ...revocationRoutes,
  ...meRoutes,
  ...wellKnownRoutes,
]
