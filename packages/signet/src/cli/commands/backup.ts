/** `signet backup`: a copy of a SQLite store, made while it is in use. */
import { type Command, UsageError } from '../command.ts'
import { readSqlitePath, storeOptions, storeUsage } from '../store.ts'

export const backup: Command = {
  usage: `backup ${storeUsage} FILE`,
  summary: 'Copy a SQLite store to a new file, as it stands at one moment, while it is in use.',
  options: storeOptions,
  operands: 1,
  run: async (call) => {
    const [target] = call.operands
    if (target === undefined)
      throw new UsageError('say where the copy goes: a file that is not there yet')
    const path = readSqlitePath(call)
    const { backupSqlite } = await import('../../stores/sqlite-backup.ts')
    const { bytes, sessions, entries } = await backupSqlite(path, target)
    const what = `${sessions} sessions and ${entries} log entries in ${bytes} bytes, read through and whole`
    return {
      output: `${target}: ${what}\nAfter it has been restored, run: signet restored\n`,
    }
  },
}
