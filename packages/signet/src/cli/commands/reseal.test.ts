import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createSignet, generateSecret } from '../../index.ts'
import { sqliteStore } from '../../stores/sqlite.ts'
import { runCommand } from '../run.ts'

const directory = mkdtempSync(join(tmpdir(), 'signet-'))
after(() => rmSync(directory, { recursive: true }))
const path = join(directory, 'signet.db')
const [old, fresh] = [generateSecret(), generateSecret()]

const run = (args: readonly string[], variables: { readonly [name: string]: string } = {}) =>
  runCommand(['reseal', '--store', `sqlite:${path}`, ...args], {
    now: new Date(),
    colour: false,
    readInput: () => '',
    readFile: (name) => ({ old: `${old}\n`, fresh: `${fresh}\n` })[name] ?? assert.fail(name),
    variable: (name) => variables[name],
  })

async function jwksUnder(masterKey: string): Promise<object> {
  const store = sqliteStore(path)
  const signet = await createSignet({
    issuer: 'https://issuer.example',
    keys: { algorithm: 'ES256', masterKey },
    store,
  }).finally(() => store.close())
  return signet.keys.jwks()
}

test('the ring is sealed for the new master key alone, after a dry run that changes nothing', async () => {
  const before = await jwksUnder(old)
  const files = ['--master-key-file', 'fresh', '--previous-master-key-file', 'old']
  const dry = await run([...files, '--dry-run'])
  assert.match(dry.output, /^opened ring 1: .*\n.*\ndry run: it would be sealed/)
  assert.deepEqual(await jwksUnder(old), before)
  const wet = await run(files)
  assert.deepEqual([wet.exitCode, wet.errors], [0, ''])
  assert.match(
    wet.output,
    /^opened ring 1: .*\n.*\nring 2 is sealed for the new master key alone\n$/,
  )
  assert.deepEqual(await jwksUnder(fresh), before)
  await assert.rejects(jwksUnder(old), /sealed with another master key/)
  const again = await run([], { SIGNET_MASTER_KEY: fresh })
  assert.match(again.output, /nothing to do/)
})

test('a missing or a wrong master key is said so, and no key is ever printed', async () => {
  const none = await run([])
  assert.equal(none.exitCode, 2)
  assert.match(none.errors, /say which master key/)
  assert.equal((await run(['--master-key-env', 'X', '--master-key-file', 'old'])).exitCode, 2)
  assert.match(
    (await run(['--master-key-env', 'X'])).errors,
    /named by --master-key-env is not set/,
  )
  const wrong = await run(['--master-key-file', 'old'])
  assert.equal(wrong.exitCode, 1)
  assert.match(wrong.errors, /opens under none of the master keys given/)
  const weak = await run([], { SIGNET_MASTER_KEY: 'short' })
  assert.match(weak.errors, /make one with: signet secret/)
  for (const { errors, output } of [none, wrong, weak]) {
    for (const secret of [old, fresh]) assert.ok(!`${errors}${output}`.includes(secret))
  }
})
