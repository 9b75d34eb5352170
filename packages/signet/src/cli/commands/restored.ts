/** `signet restored`: what a store needs that has been put back from an older copy. docs/restore.md says why. */
import { type Claims, createSignet, type Signet, type Store } from '../../index.ts'
import { type Call, type Command, UsageError } from '../command.ts'
import { storeOptions, storeUsage, withStore } from '../store.ts'

type RingAlgorithm = Exclude<Parameters<typeof createSignet>[0]['keys'], undefined>['algorithm']

export const restored: Command = {
  usage: `restored ${storeUsage} --issuer URL (--master-key-env NAME [--alg ALG] | --secret-env NAME) [--sessions end|keep]`,
  summary:
    'Make a store safe that was restored from a copy: end all sessions (default), or keep them.',
  options: {
    ...storeOptions,
    issuer: { type: 'string' },
    'master-key-env': { type: 'string' },
    'secret-env': { type: 'string' },
    alg: { type: 'string' },
    sessions: { type: 'string' },
  },
  operands: 0,
  run: async (call) => {
    const sessions = call.text('sessions') ?? 'end'
    if (sessions !== 'end' && sessions !== 'keep')
      throw new UsageError('--sessions takes end or keep')
    const lines = await withStore(call, (store) =>
      sessions === 'keep' ? keep(store) : end(store, call),
    )
    return { output: `${lines.join('\n')}\n` }
  },
}

/** Nothing is changed: what is said is what the operator has chosen. */
async function keep(store: Store): Promise<readonly string[]> {
  const ring = await store.loadRing()
  const { p } = await store.head()
  return [
    `The store can be read: key ring ${ring?.version ?? 'none'}, last log entry ${when(p)}.`,
    'Nothing was changed, and the sessions in it go on. That means:',
    '- Every session that was ended after the copy was made is alive again, and so is every stolen refresh token that was',
    '  reported since. A process that has run since then puts back what it remembers; one that was restarted does not.',
    '- Every key that was withdrawn after the copy was made is accepted again. Withdraw it again.',
    '- Sessions begun after the copy was made are unknown: those users log in again.',
    'If you do not know all that was revoked since, run this again with --sessions end.',
  ]
}

async function end(store: Store, call: Call): Promise<readonly string[]> {
  const issuer = call.text('issuer')
  if (issuer === undefined) throw new UsageError('say whose sessions end: --issuer URL')
  const masterKey = readVariable(call, 'master-key-env')
  const secret = readVariable(call, 'secret-env')
  if ((masterKey === undefined) === (secret === undefined))
    throw new UsageError('give what seals the key ring: --master-key-env NAME or --secret-env NAME')
  const before = await store.head()
  const algorithm = (call.text('alg') ?? 'ES256') as RingAlgorithm
  await using signet = await (secret === undefined
    ? createSignet({ issuer, keys: { algorithm, masterKey }, store })
    : createSignet({ issuer, secret, store }))
  const opened = `The key ring was opened; the last log entry of the copy is of ${when(before.p)}.`
  const told = secret === undefined ? await endAll(signet, algorithm) : await endRefreshing(signet)
  return [opened, ...told, 'Start the processes again: everybody logs in anew.']
}

async function endAll(
  signet: Signet<Claims>,
  algorithm: RingAlgorithm,
): Promise<readonly string[]> {
  const present = signet.keys.list().find(({ state }) => state === 'active')?.algorithm
  if (present !== undefined && present !== algorithm)
    throw new UsageError(`the ring signs with ${present}: say --alg ${present}`)
  const old = signet.keys.list().map(({ kid }) => kid)
  await signet.revoke({ everything: true }, { reason: 'the store was restored' })
  return [
    `Withdrawn for good: access keys ${old.join(', ')} and all secrets for refresh tokens.`,
    'New ones have been made. No token signed before is accepted any more, access or refresh.',
  ]
}

async function endRefreshing(signet: Signet<Claims>): Promise<readonly string[]> {
  await signet.keys.endSessions()
  return [
    'All secrets for refresh tokens were withdrawn for good and a new one was made: no session can be refreshed.',
    'Access tokens are signed with your own secret and live on until they expire, those revoked since the copy included.',
    'To end them now, deploy a new secret without the old one among previousSecrets.',
  ]
}

/** @throws UsageError when the variable that is named is not set */
function readVariable({ text, world }: Call, option: string): string | undefined {
  const name = text(option)
  if (name === undefined) return undefined
  const value = world.variable(name)
  if (value === undefined) throw new UsageError(`the variable named by --${option} is not set`)
  return value
}

/** Positions are store milliseconds, or a little more. */
function when(p: number): string {
  return p === 0 ? 'no time: the log is empty' : new Date(p).toISOString()
}
