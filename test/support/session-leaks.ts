/** Situations of sessions in which errors are thrown while a token is at hand. */
import { type Claims, createSignet, type ErrorCode, type Signet } from 'signet-jwt'
import type { Leak } from './leaks.ts'
import { now } from './refusals.ts'

/** An issuer in memory whose clock the scenario moves. */
async function session(
  scenario: (world: {
    signet: Signet<Claims>
    pass: (seconds: number) => void
    issued: { accessToken: string; refreshToken: string; sessionId: string }
  }) => Promise<unknown>,
  seen: string[],
): Promise<void> {
  let time = now.getTime()
  const signet = await createSignet({
    issuer: 'https://login.example',
    clock: () => new Date(time),
  })
  try {
    const issued = await signet.issue({ subject: '42' })
    seen.push(issued.accessToken, issued.refreshToken)
    await scenario({ signet, issued, pass: (seconds) => (time += seconds * 1000) })
  } finally {
    await signet.close()
  }
}

const sessionLeak = (
  when: string,
  code: ErrorCode,
  scenario: Parameters<typeof session>[0],
): Leak => {
  const seen: string[] = []
  return {
    when,
    code,
    run: () => session(scenario, seen),
    secrets: () => seen.flatMap((token) => token.split('.')),
  }
}

export const sessions: readonly Leak[] = [
  sessionLeak(
    'a refresh token is none of ours',
    'ERR_REFRESH_TOKEN_INVALID',
    ({ signet, issued }) => signet.refresh(`${issued.refreshToken.slice(0, -6)}AAAAAA`),
  ),
  sessionLeak('an access token is revoked', 'ERR_TOKEN_REVOKED', async ({ signet, issued }) => {
    await signet.revoke({ token: issued.accessToken })
    signet.verify(issued.accessToken)
  }),
  sessionLeak('a session is revoked', 'ERR_REFRESH_TOKEN_REVOKED', async ({ signet, issued }) => {
    await signet.revoke({ sessionId: issued.sessionId })
    await signet.refresh(issued.refreshToken)
  }),
  sessionLeak(
    'a refresh token comes twice',
    'ERR_REFRESH_TOKEN_REUSED',
    async ({ signet, issued, pass }) => {
      const next = await signet.refresh(issued.refreshToken)
      await signet.refresh(next.refreshToken)
      pass(3600)
      await signet.refresh(issued.refreshToken)
    },
  ),
  sessionLeak(
    'a session has ended',
    'ERR_REFRESH_TOKEN_EXPIRED',
    async ({ signet, issued, pass }) => {
      pass(20 * 86_400)
      await signet.refresh(issued.refreshToken)
    },
  ),
]
