import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { help, readConfig } from './config.ts'

describe('the settings', () => {
  it('have defaults', () => {
    const config = readConfig([], {})
    assert.ok(config !== 'help')
    assert.deepEqual([config.port, config.host, config.data], [8700, '127.0.0.1', '.signet'])
  })

  it('come from flags, then the environment', () => {
    const environment = { SIGNET_PORT: '1', SIGNET_ACCESS_LIFETIME: '60' }
    const config = readConfig(['--port', '2'], environment)
    assert.ok(config !== 'help')
    assert.deepEqual([config.port, config['access-lifetime']], [2, 60])
  })

  it('are refused by name, wherever they were given', () => {
    assert.throws(() => readConfig(['--port', 'x'], {}), /--port \(or SIGNET_PORT\): /)
    assert.throws(
      () => readConfig([], { SIGNET_ISSUER: 'nowhere' }),
      /--issuer \(or SIGNET_ISSUER\): /,
    )
    assert.throws(() => readConfig(['--prot', '1'], {}), /--prot/)
  })

  it('are all in the help', () => {
    assert.equal(readConfig(['--help'], {}), 'help')
    for (const name of ['--host', '--port', '--data', '--issuer']) assert.ok(help().includes(name))
  })
})
