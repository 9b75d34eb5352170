/**
 * A disk that can be filled up and write-protected: a file system in memory, mounted in a mount namespace of its own, so
 * that nobody but the script started there sees it.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { need, type Skippable } from './need.ts'

/** As root, or in a user namespace in which one is. */
const namespaces = [['--mount'], ['--mount', '--user', '--map-root-user']]

const MOUNT = 'mount -t tmpfs -o size="$1" tmpfs "$2"'

/**
 * Answers how to run a script of tests on a disk of so many KiB; its argument is the directory.
 *
 * @param script path of a TypeScript file
 */
export function needSmallDisk(
  t: Skippable,
): ((script: string, kibibytes: number) => SpawnSyncReturns<string>) | undefined {
  const flags = need(t, 'a mount of its own', 'run it as root on Linux, with util-linux', () =>
    namespaces.find((each) => onDisk(each, MOUNT, 64).status === 0),
  )
  if (flags === undefined) return undefined
  const node = [process.execPath, '--conditions=@signet-jwt/source', '--test-reporter=spec']
  return (script, kibibytes) =>
    onDisk(flags, `${MOUNT} && exec "$3" "$4" "$5" "$6" "$2"`, kibibytes, [...node, script])
}

function onDisk(
  flags: readonly string[],
  script: string,
  kibibytes: number,
  rest: readonly string[] = [],
): SpawnSyncReturns<string> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-disk-'))
  const size = `${kibibytes}k`
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  try {
    const shell = ['sh', '-c', script, 'sh', size, directory, ...rest]
    return spawnSync('unshare', [...flags, ...shell], { encoding: 'utf8', env })
  } finally {
    rmSync(directory, { recursive: true })
  }
}
