/** What a server must be for the store to stand on it, read from its INFO. */

/** Redis 7: effects of scripts are replicated, exclusive ranges of streams. Valkey says 7.2 or later here. */
const OLDEST_VERSION = 7

/** Sections of INFO to ask for, one at a time: servers before version 7 take no list. */
export const infoSections = ['server', 'memory', 'replication'] as const

/** Why a server cannot serve, in words; undefined when it can. @param info the sections above, one after the other */
export function obstacleIn(info: string): string | undefined {
  const version = fieldOf(info, 'redis_version') ?? 'unknown'
  if (!(Number.parseInt(version, 10) >= OLDEST_VERSION)) {
    return `it has version ${version}, and the store needs Redis ${OLDEST_VERSION} or Valkey`
  }
  const policy = fieldOf(info, 'maxmemory_policy') ?? 'unknown'
  if (policy !== 'noeviction') {
    return `its maxmemory-policy is ${policy}, which may drop sessions and revocations: set it to noeviction`
  }
  const role = fieldOf(info, 'role')
  if (role !== undefined && role !== 'master') {
    return 'it is a read-only replica: connect to the primary'
  }
  return undefined
}

function fieldOf(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(?<value>[^\\r\\n]*)`, 'm').exec(info)?.groups?.value
}
