/** Errors for whoever runs the server: one JSON line each on stderr. Nothing in it can be used to log in. */

export type LogError = (about: string, error: unknown) => void

export const logError: LogError = (about, error) => {
  const { name, message, code, stack } = error instanceof Error ? (error as ErrorWithCode) : nothing
  const line = { level: 'error', at: new Date().toISOString(), about, name, code, message, stack }
  console.error(redact(JSON.stringify(line)))
}

interface ErrorWithCode extends Error {
  readonly code?: string
}

const nothing: Partial<ErrorWithCode> = { message: 'what was thrown is not an error' }

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
