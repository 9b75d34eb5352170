/** The log: one JSON object a line. Nothing in it can be used to log in. */
import { pino } from 'pino'

export const logLevels = ['silent', 'error', 'info'] as const
export type LogLevel = (typeof logLevels)[number]

/** A request that has been answered. The path is the route's, since a URL may hold anything. */
export interface RequestLine {
  readonly requestId: string
  readonly method: string
  readonly route: string
  readonly status: number
  readonly durationMs: number
  /** The admin key that was used. */
  readonly adminKeyId?: string
  /** The subject of the access token that was used. */
  readonly subject?: string
}

export interface Log {
  request(line: RequestLine): void
  /** What has happened to a session or a key, for those who keep the books. */
  event(fields: { readonly type: string; readonly [name: string]: unknown }): void
  /** A fault of ours, or of what we stand on. */
  error(about: string, error: unknown, requestId?: string): void
}

/** @param write takes each line; default: stdout */
export function createLog(
  level: LogLevel,
  write: (line: string) => void = (line) => process.stdout.write(line),
): Log {
  // Redaction works on the finished line: whatever a message of other people's code quotes is inside it.
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line: string) => write(redact(line)) },
  )
  return {
    request: (line) => logger.info({ ...line }, 'request'),
    event: ({ type, ...fields }) => logger.info({ event: type, ...fields }, 'event'),
    error: (about, error, requestId) =>
      logger.error({ about, ...(requestId && { requestId }), ...describeError(error) }, 'error'),
  }
}

export const noLog: Log = createLog('silent')

function describeError(error: unknown) {
  if (!(error instanceof Error)) return { message: 'what was thrown is not an error' }
  const { name, message, stack } = error
  return { name, message, stack, code: (error as Error & { readonly code?: unknown }).code }
}

/**
 * Takes out whatever looks like a token, a key or a secret. Our own messages hold none; those of other people's code,
 * which an unexpected error carries, may quote what they were given.
 */
export function redact(text: string): string {
  return text
    .replaceAll(/eyJ[\w-]+(?:\.[\w-]+)*/g, '[token]')
    .replaceAll(/signet_admin_[\w-]+/g, '[admin key]')
    .replaceAll(/\b[0-9a-f]{32,}\b/gi, '[secret]')
    .replaceAll(/(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{40,}/g, '[secret]')
}
