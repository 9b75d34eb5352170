import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { AdminKeyFile } from './admin-key-file.ts'
import { checkAdminKey, firstAdminKey, newAdminKey } from './admin-keys.ts'
import { runKeys } from './commands/keys.ts'
import { Problem } from './problem.ts'
import { SetupError } from './setup-error.ts'

const NOW = new Date('2026-01-01T00:00:00Z')

let directory: string
let path: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'signet-keys-'))
  path = join(directory, 'admin-keys.json')
})
afterEach(() => rmSync(directory, { recursive: true }))

const run = (...words: readonly string[]) => {
  const at = (flag: string) => words.indexOf(flag)
  const scope = words.flatMap((word, place) => (words[place - 1] === '--scope' ? [word] : []))
  const end = words.findIndex((word) => word.startsWith('--'))
  return runKeys(
    path,
    {
      positionals: end === -1 ? words : words.slice(0, end),
      name: at('--name') === -1 ? undefined : words[at('--name') + 1],
      scope,
    },
    NOW,
  )
}

const status = (key: string, scope: Parameters<typeof checkAdminKey>[2]) => {
  try {
    checkAdminKey(`Bearer ${key}`, new AdminKeyFile(path).list(), scope)
    return 200
  } catch (error) {
    assert.ok(error instanceof Problem)
    return error.details.status
  }
}

describe('admin keys', () => {
  it('may do what their scopes say, and admin everything', () => {
    const [key = ''] = run('create', '--name', 'login', '--scope', 'issue').split('\n')
    assert.equal(status(key, 'issue'), 200)
    assert.equal(status(key, 'revoke'), 403)
    const [all = ''] = run('create', '--name', 'root', '--scope', 'admin').split('\n')
    assert.equal(status(all, 'follow'), 200)
    assert.equal(status(newAdminKey(), 'issue'), 401)
  })

  it('are shown once and kept as hashes, for the owner alone', () => {
    const said = run('create', '--name', 'login', '--scope', 'issue', '--scope', 'read')
    const [key = ''] = said.split('\n')
    assert.match(key, /^signet_admin_[0-9a-f]{64}$/)
    assert.match(said, /This is ak_[0-9a-f]{12} \(issue, read\)/)
    const stored = readFileSync(path, 'utf8')
    assert.ok(!stored.includes(key.slice('signet_admin_'.length)))
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.ok(!run('list').includes(key))
  })

  it('are refused once they are revoked, by a server that is running', () => {
    const file = new AdminKeyFile(path)
    const [key = ''] = run('create', '--name', 'login', '--scope', 'issue').split('\n')
    const [record] = file.list()
    assert.ok(record)
    assert.match(run('revoke', record.id), /is revoked since 2026/)
    assert.equal(status(key, 'issue'), 401)
    assert.equal(file.list()[0]?.revokedAt, NOW.toISOString())
    assert.match(run('list'), /revoked 2026.* login/)
  })

  it('name the key and the scope that is lacking', () => {
    const { key, record } = new AdminKeyFile(path).create('login', ['issue'], NOW)
    const keys = [firstAdminKey(newAdminKey()), record]
    assert.throws(
      () => checkAdminKey(`Bearer ${key}`, keys, 'read'),
      (error: unknown) => {
        assert.ok(error instanceof Problem)
        assert.match(error.message, new RegExp(`${record.id} has the scopes issue and not 'read'`))
        const { headers } = error.details
        assert.equal(
          headers?.['www-authenticate'],
          'Bearer error="insufficient_scope", scope="read"',
        )
        return true
      },
    )
  })
})

describe('the keys command', () => {
  const refuses = (words: readonly string[], complaint: RegExp) =>
    assert.throws(
      () => run(...words),
      (error) => error instanceof SetupError && complaint.test(error.message),
    )

  it('says what is missing or wrong', () => {
    refuses([], /keys create --name/)
    refuses(['create', '--scope', 'issue'], /a key needs a name/)
    refuses(['create', '--name', 'a'], /--scope takes issue, .*none is given/)
    refuses(['create', '--name', 'a', '--scope', 'isue'], /'isue' is none/)
    refuses(['revoke'], /which key\?/)
    refuses(['revoke', 'ak_1'], /no admin key has the id ak_1; there are none/)
    refuses(['list', 'x', 'y'], /what is 'y'\?/)
    assert.match(run('list'), /no key but the first one/)
  })

  it('does not take a file that is none of ours', () => {
    writeFileSync(path, '{"keys":[{"id":"x"}]}')
    refuses(['list'], /no file of admin keys/)
    writeFileSync(path, 'not JSON')
    refuses(['list'], /it is not JSON/)
  })
})
