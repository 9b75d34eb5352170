/**
 * Every setting of the server in one table: its name, what it may be, its default and what it means. Flags, environment
 * variables, the configuration file, `--help` and docs/configuration.md all come from here.
 */
import { z } from 'zod'
import { logLevels } from './log.ts'

const DAY = 86_400
const TEN_YEARS = 3650 * DAY

function wholeNumber(min: number, max: number) {
  const range = `must be a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,12}$/, range)
    .transform(Number)
    .pipe(z.number().min(min, range).max(max, range))
}

function oneOf<const Names extends readonly [string, ...string[]]>(names: Names) {
  return z.enum(names, `must be one of ${names.join(', ')}`)
}

const text = z.string().min(1, 'must not be empty')
const yesOrNo = oneOf(['true', 'false']).transform((value) => value === 'true')
/** Left out by default. */
const optionalText = z.string().default('')

/** Each is read as a text, as flags and the environment give it; defaults are written the same way. */
export const settings = z.strictObject({
  port: wholeNumber(0, 65_535).default(8700).describe('TCP port; 0 takes a free one'),
  host: text.default('127.0.0.1').describe('address to listen on'),
  issuer: text
    .refine((value) => /^https?:$/.test(protocolOf(value)), 'must be an http or https URL')
    .refine((value) => !/[?#]/.test(value), 'must not have a query or a fragment')
    .default('http://localhost:8700')
    .describe("claim iss: this server's URL as others know it; changing it ends all sessions"),
  dataDirectory: text.default('.signet').describe('where the database and the keys are kept'),
  masterKeyFile: optionalText.describe(
    'file with the key that seals the key ring; servers that share a store share it. Default: master.key in the data directory, made at the first start',
  ),
  algorithm: oneOf(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'RS256', 'PS256', 'ML-DSA-65'])
    .default('ES256')
    .describe('of the keys that sign access tokens; a change takes effect with the next rotation'),
  accessLifetimeSeconds: wholeNumber(1, DAY)
    .default(1800)
    .describe('how long an access token lives'),
  sessionIdleLifetimeSeconds: wholeNumber(1, TEN_YEARS)
    .default(14 * DAY)
    .describe('a session that is not refreshed for so long is over'),
  sessionAbsoluteLifetimeSeconds: wholeNumber(1, TEN_YEARS)
    .default(90 * DAY)
    .describe('a session ends then, however often it is refreshed'),
  reuseGraceSeconds: wholeNumber(0, 3600)
    .default(10)
    .describe(
      'for so long a refresh token that was just replaced gets the same answer again; 0 is strict, else at least 8',
    ),
  maxSessionsPerSubject: wholeNumber(1, 10_000)
    .default(100)
    .describe('a further login ends the session that was longest unused'),
  maxStalenessSeconds: wholeNumber(1, 3600)
    .default(30)
    .describe('a verifier that has not heard of revocations for longer refuses everything'),
  oauthRequestsPerMinute: wholeNumber(1, 1_000_000)
    .default(600)
    .describe('to the OAuth endpoints from one address; beyond it the answer is 429'),
  hasProxy: yesOrNo
    .default(false)
    .describe('whether X-Forwarded-For is believed: only behind a proxy that sets it'),
  tlsCertificateFile: optionalText.describe(
    'certificate chain in PEM; with it the server speaks https',
  ),
  tlsKeyFile: optionalText.describe('the private key of the certificate, in PEM'),
  logLevel: oneOf(logLevels)
    .default('info')
    .describe('JSON lines on stdout: info has one for each request'),
})

/** What stands in the configuration file only, since it is no single value. */
export const fileOnly = z.strictObject({
  clients: z
    .array(
      z.strictObject({
        id: z.string().min(1),
        secretFile: z.string().min(1).exactOptional(),
      }),
    )
    .default([])
    .describe('OAuth clients: { id, secretFile }; one without a secret is public'),
})

export type Settings = z.output<typeof settings>
export type SettingName = keyof Settings

export const settingNames = Object.keys(settings.shape) as SettingName[]

/** dataDirectory is --data-directory and SIGNET_DATA_DIRECTORY. */
export function flagOf(name: SettingName): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

export function variableOf(name: SettingName): string {
  return `SIGNET_${flagOf(name).replaceAll('-', '_').toUpperCase()}`
}

/** The default as people write it; undefined where a setting has none. */
export function defaultOf(name: SettingName): string | undefined {
  const value = String(settings.shape[name].def.defaultValue)
  return value === '' ? undefined : value
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : ''
}
