/** What is known of whoever logs in or refreshes, taken from request headers and therefore cut and never trusted. */
import { checkOptions, checkText } from '../options.ts'
import { noteOf } from './history.ts'

/** What is known of the caller, at issue and at refresh. */
export interface Context {
  /** A name the user will recognise in a list of devices. */
  readonly deviceLabel?: string
  readonly userAgent?: string
  /** Kept only with `session.recordIp`. */
  readonly ip?: string
  /** The thumbprint of the key the session is bound to (RFC 9449). */
  readonly dpopThumbprint?: string
}

const MAX_CONTEXT_TEXT = 512
const contextNames: readonly string[] = ['deviceLabel', 'userAgent', 'ip', 'dpopThumbprint']

/**
 * Checks a context and cuts its texts: they come from request headers, which are as long as a client likes. An address is
 * personal data, so it is dropped here unless somebody has chosen to keep it.
 */
export function readContext(
  context: Context,
  recordIp: boolean,
  extra: readonly string[] = [],
): Context {
  checkOptions('context', context, [...contextNames, ...extra], {
    undefinedIsAbsent: [...contextNames, ...extra],
  })
  const cut = (name: keyof Context) =>
    context[name] === undefined
      ? {}
      : {
          [name]: checkText(`context.${name}`, context[name])
            .slice(0, MAX_CONTEXT_TEXT)
            .toWellFormed(),
        }
  return {
    ...cut('deviceLabel'),
    ...cut('userAgent'),
    ...(recordIp ? cut('ip') : {}),
    ...cut('dpopThumbprint'),
  }
}

/** One short line for the device behind a context; empty when nothing is known of it. */
export function deviceOf({ ip, deviceLabel, userAgent }: Context): string {
  return noteOf([ip, deviceLabel ?? userAgent].filter((text) => text !== undefined).join(' '))
}
