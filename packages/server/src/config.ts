/** Every setting of the server in one table, read from flags and the environment; `--help` is made from the same table. */
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { SetupError } from './setup-error.ts'

function wholeNumber(min: number, max: number) {
  const range = `must be a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,12}$/, range)
    .transform(Number)
    .pipe(z.number().min(min, range).max(max, range))
}

const text = z.string().min(1, 'must not be empty')
const DAY = 86_400
const TEN_YEARS = 3650 * DAY

/** Read as texts, as flags and the environment give them; defaults are written the same way. */
const settings = z.strictObject({
  port: wholeNumber(0, 65_535).default(8700).describe('TCP port; 0 takes a free one'),
  host: text.default('127.0.0.1').describe('address to listen on'),
  dataDirectory: text.default('.signet').describe('where the database and the keys are kept'),
  issuer: text
    .refine((value) => /^https?:$/.test(protocolOf(value)), 'must be an http or https URL')
    .default('http://localhost:8700')
    .describe("claim iss: this server's URL as others know it; changing it ends all sessions"),
  accessLifetimeSeconds: wholeNumber(1, DAY)
    .default(1800)
    .describe('how long an access token lives'),
  sessionIdleLifetimeSeconds: wholeNumber(1, TEN_YEARS)
    .default(14 * DAY)
    .describe('a session that is not refreshed for so long is over'),
  sessionAbsoluteLifetimeSeconds: wholeNumber(1, TEN_YEARS)
    .default(90 * DAY)
    .describe('a session ends then, however often it is refreshed'),
  rotateKeysEverySeconds: wholeNumber(1, TEN_YEARS)
    .default(30 * DAY)
    .describe('a new key signs every so many seconds'),
  jwksMaxAgeSeconds: wholeNumber(0, DAY)
    .default(300)
    .describe('how long others may keep the JWKS; a new key is published for longer'),
})

export type Config = z.output<typeof settings>
type SettingName = keyof Config

const settingNames = Object.keys(settings.shape) as SettingName[]

/** @throws SetupError naming the setting and what is allowed */
export function readConfig(
  args: readonly string[],
  environment: { readonly [name: string]: string | undefined },
): Config | 'help' {
  const flags = readFlags(args)
  if (flags.help === true) return 'help'
  const given = settingNames.flatMap((name) => {
    const value = flags[flagOf(name)] ?? environment[variableOf(name)]
    return value === undefined ? [] : [[name, value]]
  })
  const result = settings.safeParse(Object.fromEntries(given))
  if (result.success) return result.data
  const complaints = result.error.issues.map(({ path: [name], message }) => {
    return `--${flagOf(name as SettingName)} (${variableOf(name as SettingName)}) ${message}`
  })
  throw new SetupError(complaints.join('\n'))
}

/** What `--help` prints. */
export function helpText(): string {
  const lines = settingNames.map((name) => {
    const schema = settings.shape[name]
    const standard = schema.def.defaultValue
    return `  --${flagOf(name).padEnd(34)}${variableOf(name)}\n      ${schema.description} (default ${standard})`
  })
  return [
    'signet-server: issue, refresh and revoke JSON Web Tokens over HTTP',
    '',
    'Each setting is a flag or an environment variable; the flag wins.',
    '',
    ...lines,
  ].join('\n')
}

function readFlags(args: readonly string[]): {
  readonly [flag: string]: string | boolean | undefined
} {
  const options = Object.fromEntries(
    settingNames.map((name) => [flagOf(name), { type: 'string' as const }]),
  )
  try {
    const help = { type: 'boolean', short: 'h' } as const
    return parseArgs({ args: [...args], options: { ...options, help }, strict: true }).values
  } catch (error) {
    const known = settingNames.map((name) => `--${flagOf(name)}`).join(', ')
    throw new SetupError(`${(error as Error).message}\nThe flags are ${known}, --help`)
  }
}

/** dataDirectory is --data-directory and SIGNET_DATA_DIRECTORY. */
function flagOf(name: SettingName): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function variableOf(name: SettingName): string {
  return `SIGNET_${flagOf(name).replaceAll('-', '_').toUpperCase()}`
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : ''
}
