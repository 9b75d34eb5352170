/** The server's settings: from flags, then the environment, then defaults; checked once, refused by name. */
import { parseArgs } from 'node:util'
import { z } from 'zod'

const seconds = z.coerce.number().int().min(1)

/** Each setting is a flag (--port 8700) and a variable (SIGNET_PORT). */
const schema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  port: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(8700)
    .describe('port to listen on; 0 for any free one'),
  data: z.string().min(1).default('.signet').describe('directory of the database and the keys'),
  issuer: z.url().optional().describe('claim iss of the tokens; default http://localhost:<port>'),
  'access-lifetime': seconds.max(86_400).default(1800).describe('seconds an access token lives'),
  'default-client': z
    .string()
    .min(1)
    .default('signet')
    .describe('client of sessions and refreshes that name none'),
})

export type Config = z.infer<typeof schema>

/** What `signet-server --help` prints. */
export function help(): string {
  const lines = Object.entries(schema.shape).map(
    ([name, setting]) => `  --${name.padEnd(18)} ${setting.description}`,
  )
  return `signet-server: log in, refresh, log out everywhere.

${lines.join('\n')}

Each is also read from the environment: --access-lifetime from SIGNET_ACCESS_LIFETIME.
`
}

/**
 * @throws Error naming the setting, where it was given and what is allowed
 */
export function readConfig(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Config | 'help' {
  const names = Object.keys(schema.shape)
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]))
  if (args.includes('--help') || args.includes('-h')) return 'help'
  const { values } = parseArgs({ args: [...args], options })
  const given = names.flatMap((name) => {
    const value = values[name] ?? environment[variableOf(name)]
    return value === undefined ? [] : [[name, value]]
  })
  const result = schema.safeParse(Object.fromEntries(given))
  if (result.success) return result.data
  const lines = result.error.issues.map(({ path, message }) => {
    const name = path.join('.')
    return `--${name} (or ${variableOf(name)}): ${message}`
  })
  throw new Error(lines.join('\n'))
}

function variableOf(name: string): string {
  return `SIGNET_${name.toUpperCase().replaceAll('-', '_')}`
}
