/** What a client or a server said when it failed, as the one error that callers know. */
import { SignetError, StoreUnavailableError } from '../../errors.ts'

const meanings: readonly (readonly [RegExp, string])[] = [
  [
    /^(WRONGPASS|NOAUTH)|\b(WRONGPASS|NOAUTH)\b/,
    'the server does not accept the user name and password',
  ],
  [
    /NOPERM|ACL failure/,
    'its user lacks a right that the store needs, see docs/choosing-a-store.md',
  ],
  [
    /^READONLY|READONLY You can't write/,
    'the server is a read-only replica: connect to the primary',
  ],
  [/^OOM|OOM command/, 'its memory is full, so it takes no writes: raise maxmemory'],
  [
    /^NOREPLICAS|NOREPLICAS Not/,
    'fewer replicas are connected than min-replicas-to-write asks for',
  ],
  [/^MISCONF/, 'it cannot write to its disk, so it takes no writes'],
  [/^LOADING/, 'it is still loading its data'],
  [/^CLUSTERDOWN/, 'the Cluster is down'],
]

/**
 * A failure as StoreUnavailableError. The driver's own error goes no further: it may carry the command it failed with,
 * and with that a password or a secret.
 */
export function unavailable(reason: unknown): Error {
  if (reason instanceof SignetError || reason instanceof TypeError || reason instanceof RangeError)
    return reason
  const said = textOf(reason)
  const meaning = meanings.find(([pattern]) => pattern.test(said))?.[1]
  const why = meaning === undefined ? said : `${meaning} (${said})`
  return new StoreUnavailableError(`the Redis store cannot serve: ${why}`)
}

/** One line of bounded length. Of several failures at once, as of all nodes of a Cluster, the first. */
function textOf(reason: unknown): string {
  const { message, code, lastNodeError, errors } = (reason ?? {}) as {
    message?: string
    code?: string
    lastNodeError?: unknown
    errors?: unknown[]
  }
  if (lastNodeError !== undefined && lastNodeError !== null) return textOf(lastNodeError)
  if ((message === undefined || message === '') && errors?.[0] !== undefined)
    return textOf(errors[0])
  const [line = ''] = (message || code || 'no reason was given').split('\n', 1)
  return line.slice(0, 200)
}
