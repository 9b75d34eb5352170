/** The settings as they are given: by flag, by environment variable, in a file, in this order; else the default. */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { OAuthClient } from 'signet-jwt/http'
import { z } from 'zod'
import {
  defaultOf,
  fileOnly,
  flagOf,
  type SettingName,
  type Settings,
  settingNames,
  settings,
  variableOf,
} from './settings.ts'
import { SetupError } from './setup-error.ts'

export interface Config extends Settings {
  readonly clients: readonly OAuthClient[]
}

/** What the command line asks for. */
export type CommandLine =
  | { readonly command: 'help' }
  | { readonly command: 'serve'; readonly config: Config }
  | {
      readonly command: 'keys'
      readonly config: Config
      readonly positionals: readonly string[]
      readonly name: string | undefined
      readonly scope: readonly string[]
    }

type Environment = { readonly [name: string]: string | undefined }

/** @throws SetupError naming the setting and what is allowed */
export function readCommandLine(args: readonly string[], environment: Environment): CommandLine {
  const { values, positionals } = readFlags(args)
  if (values.help === true) return { command: 'help' }
  const config = readConfig(values, environment)
  const [command, ...rest] = positionals
  if (command === undefined) return { command: 'serve', config }
  if (command === 'keys') {
    const name = values.name as string | undefined
    return { command, config, positionals: rest, name, scope: (values.scope ?? []) as string[] }
  }
  throw new SetupError(
    `there is no command '${command}': keys is one, and without any the server starts`,
  )
}

function readConfig(flags: Flags['values'], environment: Environment): Config {
  const path = (flags.config as string | undefined) ?? environment.SIGNET_CONFIG
  const file = path === undefined ? { texts: {}, clients: [] } : readFile(path)
  const given = settingNames.flatMap((name) => {
    const value = flags[flagOf(name)] ?? environment[variableOf(name)] ?? file.texts[name]
    return value === undefined ? [] : [[name, value]]
  })
  const result = settings.safeParse(Object.fromEntries(given))
  if (result.success) return { ...result.data, clients: file.clients }
  const complaints = result.error.issues.map(({ path: [name], message }) => {
    return `--${flagOf(name as SettingName)} (${variableOf(name as SettingName)}) ${message}`
  })
  throw new SetupError(complaints.join('\n'))
}

/** Values may be written as they are; paths of secrets are relative to the file. */
function readFile(path: string): {
  readonly texts: { readonly [name: string]: string }
  readonly clients: readonly OAuthClient[]
} {
  const { clients, ...rest } = parseFile(path)
  for (const [name, value] of Object.entries(rest)) {
    if (!(settingNames as string[]).includes(name)) {
      const known = [...settingNames, ...Object.keys(fileOnly.shape)].join(', ')
      throw new SetupError(`${path}: there is no setting '${name}'; there are ${known}`)
    }
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw new SetupError(`${path}: '${name}' must be a text, a number, or true or false`)
    }
  }
  const result = fileOnly.safeParse(clients === undefined ? {} : { clients })
  if (!result.success) throw new SetupError(`${path}: ${z.prettifyError(result.error)}`)
  return {
    texts: Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)])),
    clients: result.data.clients.map(({ id, secretFile }) => ({
      clientId: id,
      ...(secretFile && { secret: readSecret(resolve(dirname(path), secretFile)) }),
    })),
  }
}

function parseFile(path: string): { readonly [name: string]: unknown } {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      return value as { [name: string]: unknown }
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new SetupError(
      code === undefined ? `${path} is not valid JSON` : `${path} cannot be read (${code})`,
    )
  }
  throw new SetupError(`${path} must hold one JSON object`)
}

/** A secret in a file of its own, without the line break at its end. */
export function readSecret(path: string): string {
  try {
    const secret = readFileSync(path, 'utf8').trim()
    if (secret !== '') return secret
  } catch (error) {
    throw new SetupError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  throw new SetupError(`${path} is empty, and a secret belongs in it`)
}

/** What `--help` prints. */
export function helpText(): string {
  const lines = settingNames.map((name) => {
    const standard = defaultOf(name)
    const { description } = settings.shape[name]
    return `  --${flagOf(name).padEnd(34)}${variableOf(name)}\n      ${description}${standard === undefined ? '' : ` (default ${standard})`}`
  })
  return [
    'signet-server: issue, refresh and revoke JSON Web Tokens over HTTP',
    '',
    '  signet-server            starts the server',
    '  signet-server keys …     makes, lists and revokes admin keys',
    '',
    'Each setting is a flag, an environment variable, or a member of the JSON file that --config (SIGNET_CONFIG)',
    'names, in this order.',
    '',
    ...lines,
  ].join('\n')
}

interface Flags {
  readonly values: { readonly [flag: string]: string | boolean | string[] | undefined }
  readonly positionals: readonly string[]
}

function readFlags(args: readonly string[]): Flags {
  const options = Object.fromEntries(
    [...settingNames.map(flagOf), 'config', 'name'].map((flag) => [
      flag,
      { type: 'string' as const },
    ]),
  )
  try {
    const help = { type: 'boolean', short: 'h' } as const
    const scope = { type: 'string', multiple: true } as const
    return parseArgs({
      args: [...args],
      options: { ...options, help, scope },
      strict: true,
      allowPositionals: true,
    }) as Flags
  } catch (error) {
    const known = settingNames.map((name) => `--${flagOf(name)}`).join(', ')
    throw new SetupError(`${(error as Error).message}\nThe flags are ${known}, --config, --help`)
  }
}
