/** `signet reseal`: the key ring of a store under a new master key. */
import { reseal as resealStore } from '../../index.ts'
import { type Call, type Command, UsageError } from '../command.ts'
import { storeOptions, storeUsage, withStore } from '../store.ts'

export const reseal: Command = {
  usage: `reseal ${storeUsage} [--master-key-env NAME | --master-key-file FILE] [--previous-master-key-env NAME | --previous-master-key-file FILE] [--dry-run]`,
  summary:
    'Seal the key ring for the master key (default SIGNET_MASTER_KEY) alone; the previous one (default SIGNET_PREVIOUS_MASTER_KEY) opens it.',
  options: {
    ...storeOptions,
    'master-key-env': { type: 'string' },
    'master-key-file': { type: 'string' },
    'previous-master-key-env': { type: 'string' },
    'previous-master-key-file': { type: 'string' },
    'dry-run': { type: 'boolean' },
  },
  operands: 0,
  run: async (call) => {
    const masterKey = readMasterKey(call, 'master-key', 'SIGNET_MASTER_KEY')
    if (masterKey === undefined) {
      throw new UsageError(
        'say which master key: --master-key-env NAME, --master-key-file FILE or the variable SIGNET_MASTER_KEY',
      )
    }
    const previous = readMasterKey(call, 'previous-master-key', 'SIGNET_PREVIOUS_MASTER_KEY')
    const steps: string[] = []
    await withStore(call, (store) =>
      resealStore(store, {
        masterKey,
        previousMasterKeys: previous === undefined ? [] : [previous],
        dryRun: call.flag('dry-run'),
        onStep: (step) => steps.push(step),
      }),
    )
    return { output: `${steps.join('\n')}\n` }
  },
}

/** From a file or a variable, never as an argument, where every process list shows it. */
function readMasterKey({ text, world }: Call, name: string, standard: string): string | undefined {
  const variable = text(`${name}-env`)
  const file = text(`${name}-file`)
  if (variable !== undefined && file !== undefined) {
    throw new UsageError(`give --${name}-env or --${name}-file, not both`)
  }
  if (file !== undefined) return world.readFile(file).replace(/\r?\n$/, '')
  const key = world.variable(variable ?? standard)
  if (key === undefined && variable !== undefined)
    throw new UsageError(`the variable named by --${name}-env is not set`)
  return key
}
