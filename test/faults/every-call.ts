/**
 * Every call that an operation makes to its store, times every way in which a call can go wrong. The list is not written
 * by hand: each operation is run once to see which calls it makes, and then once for each of them and each fault.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateSecret } from '../../packages/signet/src/codec.ts'
import {
  RevokedTokenError,
  type SignetError,
  TemporaryError,
} from '../../packages/signet/src/errors.ts'
import type { Claims } from '../../packages/signet/src/jose/claims.ts'
import type { TokenPair } from '../../packages/signet/src/sessions/token-pair.ts'
import { createSignet, type Signet } from '../../packages/signet/src/signet.ts'
import type { Store } from '../../packages/signet/src/stores/store.ts'
import { type Fault, type FlakyStore, faults, flaky } from './flaky-store.ts'

/** Bound on each call; an operation makes a few, and a refresh repeats itself within the bound. */
const TIMEOUT_SECONDS = 0.1
const masterKey = generateSecret()

interface Scene {
  readonly signet: Signet<Claims>
  /** Another process on the same store, whose calls do not go wrong. */
  readonly other: Signet<Claims>
  readonly pair: TokenPair
}

interface Operation {
  readonly run: (scene: Scene) => Promise<unknown>
  /** What must hold of its success. */
  readonly whenDone?: (scene: Scene, result: never) => void | Promise<void>
  /** What must hold whether it succeeded or not, once the store is well. */
  readonly afterwards: (scene: Scene, succeeded: boolean) => Promise<void>
}

const operations: { readonly [name: string]: Operation } = {
  issue: {
    run: ({ signet }) => signet.issue({ subject: 'bert' }),
    whenDone: ({ other }, pair: TokenPair) => {
      assert.equal(other.verify(pair.accessToken).sub, 'bert')
    },
    afterwards: staysLoggedIn,
  },
  issueAccessToken: {
    run: ({ signet }) => signet.issueAccessToken({ subject: 'anna' }),
    afterwards: staysLoggedIn,
  },
  // Whatever became of the first try: who repeats it is served, and there is one successor.
  refresh: {
    run: ({ signet, pair }) => signet.refresh(pair.refreshToken),
    afterwards: async ({ signet, other, pair }) => {
      const again = await signet.refresh(pair.refreshToken)
      const elsewhere = await other.refresh(pair.refreshToken)
      assert.equal(again.refreshToken, elsewhere.refreshToken, 'one successor')
      const next = await other.refresh(again.refreshToken)
      assert.equal(signet.verify(next.accessToken).sub, 'anna')
    },
  },
  'revoke a token': {
    run: ({ signet, pair }) => signet.revoke({ token: pair.accessToken }, fleet),
    whenDone: refusesToken,
    afterwards: revokes((pair) => ({ token: pair.accessToken })),
  },
  'revoke a session': {
    run: ({ signet, pair }) => signet.revoke({ sessionId: pair.sessionId }, fleet),
    whenDone: refusesToken,
    afterwards: revokes((pair) => ({ sessionId: pair.sessionId })),
  },
  'revoke a subject': {
    run: ({ signet }) => signet.revoke({ subject: 'anna' }, fleet),
    whenDone: refusesToken,
    afterwards: async (scene) => {
      await revokes(() => ({ subject: 'anna' }))(scene)
      const later = await scene.signet.issue({ subject: 'anna' })
      assert.equal(scene.other.verify(later.accessToken).sub, 'anna', 'a later login survives')
    },
  },
  'revoke others': {
    run: ({ signet, pair }) =>
      signet.revoke({ othersThan: { subject: 'anna', sessionId: pair.sessionId } }, fleet),
    afterwards: async ({ other, pair }) => {
      assert.equal((await other.refresh(pair.refreshToken)).sessionId, pair.sessionId)
    },
  },
  'revoke a key': {
    run: ({ signet }) => signet.revoke({ keyId: activeKey(signet) }, fleet),
    afterwards: async ({ signet, other }) => {
      const { accessToken } = await signet.issue({ subject: 'bert' })
      await other.verifyAsync(accessToken)
    },
  },
  'revoke everything': {
    run: ({ signet }) => signet.revoke({ everything: true }, fleet),
    whenDone: refusesToken,
    afterwards: async ({ signet, other, pair }) => {
      await signet.revoke({ everything: true }, fleet)
      assert.throws(() => other.verify(pair.accessToken), RevokedTokenError)
      const { accessToken } = await signet.issue({ subject: 'bert' })
      await other.verifyAsync(accessToken)
    },
  },
  'rotate keys': { run: ({ signet }) => signet.keys.rotate(), afterwards: staysLoggedIn },
  'list sessions': {
    run: ({ signet }) => signet.sessions.list({ subject: 'anna' }),
    afterwards: staysLoggedIn,
  },
  'get a session': {
    run: ({ signet, pair }) => signet.sessions.get(pair.sessionId),
    afterwards: staysLoggedIn,
  },
  introspect: {
    run: ({ signet, pair }) => signet.introspect(pair.refreshToken),
    afterwards: staysLoggedIn,
  },
}

const fleet = { waitFor: 'fleet', waitTimeoutSeconds: 1 } as const

async function staysLoggedIn({ signet, other, pair }: Scene): Promise<void> {
  const next = await signet.refresh(pair.refreshToken)
  assert.equal((await other.verifyAsync(next.accessToken)).sub, 'anna')
}

function refusesToken({ signet, other, pair }: Scene, receipt: { complete: boolean }): void {
  assert.throws(() => signet.verify(pair.accessToken), RevokedTokenError)
  if (receipt.complete) assert.throws(() => other.verify(pair.accessToken), RevokedTokenError)
}

/** Repeating a revocation that may or may not have happened makes it certain. */
function revokes(target: (pair: TokenPair) => Parameters<Signet<Claims>['revoke']>[0]) {
  return async ({ signet, other, pair }: Scene) => {
    const receipt = await signet.revoke(target(pair), fleet)
    assert.equal(receipt.complete, true)
    for (const verifier of [signet, other]) {
      assert.throws(() => verifier.verify(pair.accessToken), RevokedTokenError)
    }
  }
}

function activeKey(signet: Signet<Claims>): string {
  return signet.keys.list().find(({ state }) => state === 'active')?.kid ?? assert.fail()
}

async function open(store: Store): Promise<Signet<Claims>> {
  return createSignet({
    issuer: 'https://issuer.example',
    keys: { algorithm: 'ES256', masterKey },
    store,
    storeTimeoutSeconds: TIMEOUT_SECONDS,
    revocation: { maxStalenessSeconds: 30 },
  })
}

/** Runs an operation with one call gone wrong, or none, and holds it to its promises. Answers the calls it made. */
async function act(
  makeStore: () => Store,
  { run, whenDone, afterwards }: Operation,
  place: number | undefined,
  fault: Fault,
): Promise<FlakyStore> {
  const real = makeStore()
  const wrapped = flaky(real)
  const scene = { signet: await open(wrapped.store), other: await open(real) }
  try {
    const pair = await scene.signet.issue({ subject: 'anna' })
    const whole = { ...scene, pair }
    wrapped.arm(place, fault)
    const startedAt = performance.now()
    let succeeded = true
    try {
      const result = await run(whole)
      await whenDone?.(whole, result as never)
    } catch (error) {
      succeeded = false
      if (!(error instanceof TemporaryError)) throw error
      assert.equal((error as SignetError).status, 503)
    }
    const bound = (TIMEOUT_SECONDS * 4 + fleet.waitTimeoutSeconds) * 1000
    assert.ok(performance.now() - startedAt < bound, 'it took longer than its deadline')
    const made = wrapped.calls.slice()
    wrapped.arm(undefined, fault)
    await afterwards(whole, succeeded)
    assert.equal(scene.signet.status().ready, true)
    return { ...wrapped, calls: made, injected: wrapped.injected }
  } finally {
    await Promise.all([scene.signet.close(), scene.other.close()])
    await real.close()
  }
}

/** @param makeStore an empty store at each call; closing it is ours */
export function faultEveryCall(engine: string, makeStore: () => Store): void {
  for (const [name, operation] of Object.entries(operations)) {
    test(`${name} on ${engine}, with each call to the store gone wrong`, async (t) => {
      const { calls } = await act(makeStore, operation, undefined, 'fail before')
      let injected = 0
      for (const [place, call] of calls.entries()) {
        for (const fault of faults) {
          try {
            injected += (await act(makeStore, operation, place, fault)).injected
          } catch (error) {
            throw new Error(`${fault} at call ${place}, ${call}: ${(error as Error).message}`, {
              cause: error,
            })
          }
        }
      }
      t.diagnostic(`${injected} faults in ${calls.join(', ')}`)
      // Background beats make the count waver; far fewer would mean that nothing was tested.
      assert.ok(injected >= faults.length, `only ${injected} faults were seen`)
    })
  }
}
