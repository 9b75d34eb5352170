/** What the server and the driver complain about, as the one error that callers know. */
import { SignetError, StoreUnavailableError } from '../../errors.ts'
import { TimeoutError } from './driver.ts'

/** SQLSTATEs (PostgreSQL manual, appendix A) and codes of Node.js, each with what to do about it. */
const reasons: { readonly [code: string]: string } = {
  '28P01': 'the server refused the password',
  '28000': 'the server refused this role or this way of connecting',
  '3D000': 'the database does not exist',
  '42501':
    'the role lacks rights: it needs USAGE on the schema and SELECT, INSERT, UPDATE, DELETE on its tables, and for the first start CREATE on the database',
  '25006': 'the server only reads: connect to the primary',
  '53300': 'the server has no connection left',
  '53100': "the server's disk is full",
  '57014': 'the statement was cancelled, by its timeout or by somebody',
  '25P03': 'the transaction stood still for too long',
  '57P01': 'the server is shutting down',
  '57P02': 'the server has crashed and is recovering',
  '57P03': 'the server is starting up',
  '55P03': 'a lock was not to be had in time',
  '40P01': 'the step met another in a deadlock',
  '40001': 'the step met another; it may be repeated',
  ECONNREFUSED: 'nobody listens at its address',
  ENOTFOUND: 'its host name is unknown',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'its host does not answer',
}

/**
 * A failure as StoreUnavailableError, with the original as its cause. Its message is ours: those of servers and drivers may
 * quote values.
 */
export function unavailable(error: unknown): Error {
  if (error instanceof SignetError || error instanceof TypeError || error instanceof RangeError)
    return error
  return new StoreUnavailableError(`the Postgres store cannot serve: ${reasonOf(error)}`, {
    cause: error,
  })
}

function reasonOf(error: unknown): string {
  if (error instanceof TimeoutError) return error.message
  const code = codeOf(error)
  if (code === undefined) return 'the connection failed; see the cause'
  return reasons[code] ?? `it answered ${code}; see the cause`
}

/** Of several attempts (one for each address of a host) the first that says anything. */
function codeOf(error: unknown): string | undefined {
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: readonly unknown[] }
  if (typeof code === 'string') return code
  return Array.isArray(errors) ? errors.map(codeOf).find((each) => each !== undefined) : undefined
}
