import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { helpText, readConfig } from './config.ts'

describe('the settings', () => {
  it('have defaults', () => {
    const config = readConfig([], {})
    assert.ok(config !== 'help')
    assert.deepEqual(
      [config.port, config.host, config.dataDirectory],
      [8700, '127.0.0.1', '.signet'],
    )
  })

  it('come from flags, then the environment', () => {
    const environment = { SIGNET_PORT: '1', SIGNET_ACCESS_LIFETIME_SECONDS: '60' }
    const config = readConfig(['--port', '2'], environment)
    assert.ok(config !== 'help')
    assert.deepEqual([config.port, config.accessLifetimeSeconds], [2, 60])
  })

  it('are refused by name, wherever they were given', () => {
    assert.throws(
      () => readConfig(['--port', 'x'], {}),
      /--port \(SIGNET_PORT\) must be a whole number from 0 to 65535/,
    )
    assert.throws(
      () => readConfig([], { SIGNET_ISSUER: 'nowhere' }),
      /--issuer \(SIGNET_ISSUER\) must be an http or https URL/,
    )
    assert.throws(() => readConfig(['--prot', '1'], {}), /--prot/)
  })

  it('are all in the help', () => {
    assert.equal(readConfig(['--help'], {}), 'help')
    for (const name of ['--host', '--port', '--data-directory', '--issuer'])
      assert.ok(helpText().includes(name))
  })
})
