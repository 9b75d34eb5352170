/** `signet-server keys`: makes, lists and revokes admin keys. A running server takes changes up at once. */
import { AdminKeyFile } from '../admin-key-file.ts'
import { type AdminScope, adminScopes } from '../admin-keys.ts'
import { SetupError } from '../setup-error.ts'

export const keysHelp = `signet-server keys: the admin keys of a data directory

  keys create --name <name> --scope <scope> [--scope <scope>...]   prints the key: it cannot be shown again
  keys list
  keys revoke <id>

Scopes: ${adminScopes.join(', ')}; admin may everything.
Every form takes --data-directory (SIGNET_DATA_DIRECTORY, default .signet).`

export interface KeysArguments {
  readonly positionals: readonly string[]
  readonly name: string | undefined
  readonly scope: readonly string[]
}

/** @throws SetupError for what the person at the keyboard must put right */
export function runKeys(path: string, args: KeysArguments, now: Date): string {
  const file = new AdminKeyFile(path)
  const [action, id, ...rest] = args.positionals
  if (rest.length > 0) throw new SetupError(`what is '${rest[0]}'?\n\n${keysHelp}`)
  switch (action) {
    case 'create': {
      if (args.name === undefined || args.name.trim() === '') {
        throw new SetupError(
          "a key needs a name that people will know it by: --name 'billing service'",
        )
      }
      const { key, record } = file.create(args.name, readScopes(args.scope), now)
      return `${key}\n\nThis is ${record.id} (${record.scopes.join(', ')}). Keep it now: only its hash is stored.`
    }
    case 'list':
      return listed(file)
    case 'revoke': {
      if (id === undefined)
        throw new SetupError('which key? keys revoke <id>, as keys list shows it')
      const { revokedAt } = file.revoke(id, now)
      return `${id} is revoked since ${revokedAt}`
    }
    default:
      throw new SetupError(keysHelp)
  }
}

function readScopes(scopes: readonly string[]): readonly AdminScope[] {
  const unknown = scopes.find((scope) => !(adminScopes as readonly string[]).includes(scope))
  if (unknown !== undefined || scopes.length === 0) {
    const got = unknown === undefined ? 'none is given' : `'${unknown}' is none`
    throw new SetupError(`--scope takes ${adminScopes.join(', ')}; ${got}`)
  }
  return [...new Set(scopes)] as AdminScope[]
}

function listed(file: AdminKeyFile): string {
  const lines = file.list().map(({ id, name, scopes, createdAt, revokedAt }) => {
    const state = revokedAt === undefined ? 'good' : `revoked ${revokedAt}`
    return `${id}  ${scopes.join(',').padEnd(24)}  ${createdAt}  ${state}  ${name}`
  })
  return lines.join('\n') || 'no key but the first one, in admin.key'
}
