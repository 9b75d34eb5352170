import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { helpText, readConfig } from './config.ts'
import { SetupError } from './setup-error.ts'

describe('readConfig', () => {
  it('has a default for everything', () => {
    assert.deepEqual(readConfig([], {}), {
      port: 8700,
      host: '127.0.0.1',
      dataDirectory: '.signet',
      issuer: 'http://localhost:8700',
      accessLifetimeSeconds: 1800,
      sessionIdleLifetimeSeconds: 1_209_600,
      sessionAbsoluteLifetimeSeconds: 7_776_000,
      rotateKeysEverySeconds: 2_592_000,
      jwksMaxAgeSeconds: 300,
    })
  })

  it('takes a flag before a variable before the default', () => {
    const environment = { SIGNET_PORT: '1', SIGNET_DATA_DIRECTORY: '/data' }
    const config = readConfig(['--port', '2'], environment)
    assert.ok(config !== 'help')
    assert.equal(config.port, 2)
    assert.equal(config.dataDirectory, '/data')
  })

  for (const [args, environment, complaint] of [
    [['--port', '70000'], {}, /--port \(SIGNET_PORT\) must be a whole number from 0 to 65535/],
    [[], { SIGNET_PORT: '' }, /SIGNET_PORT/],
    [[], { SIGNET_PORT: '0x50' }, /SIGNET_PORT/],
    [['--issuer', 'example'], {}, /http or https URL/],
    [['--prot', '1'], {}, /--prot.*\n.*--port/],
    [['--port'], {}, /--port/],
    [['stray'], {}, /stray/],
  ] as const) {
    it(`refuses ${JSON.stringify({ args, environment })} by name`, () => {
      const isSaid = (error: unknown) =>
        error instanceof SetupError && complaint.test(error.message)
      assert.throws(() => readConfig(args, environment), isSaid)
    })
  }

  it('prints help from the same table', () => {
    assert.equal(readConfig(['--help'], {}), 'help')
    assert.match(helpText(), /--access-lifetime-seconds +SIGNET_ACCESS_LIFETIME_SECONDS/)
  })
})
