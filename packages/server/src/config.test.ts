import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { helpText, readCommandLine } from './config.ts'
import { SetupError } from './setup-error.ts'

function configOf(args: readonly string[], environment = {}) {
  const line = readCommandLine(args, environment)
  assert.ok(line.command === 'serve')
  return line.config
}

describe('the settings', () => {
  it('has a default for everything', () => {
    assert.deepEqual(configOf([]), {
      port: 8700,
      host: '127.0.0.1',
      issuer: 'http://localhost:8700',
      dataDirectory: '.signet',
      masterKeyFile: '',
      algorithm: 'ES256',
      accessLifetimeSeconds: 1800,
      sessionIdleLifetimeSeconds: 1_209_600,
      sessionAbsoluteLifetimeSeconds: 7_776_000,
      reuseGraceSeconds: 10,
      maxSessionsPerSubject: 100,
      maxStalenessSeconds: 30,
      oauthRequestsPerMinute: 600,
      hasProxy: false,
      tlsCertificateFile: '',
      tlsKeyFile: '',
      logLevel: 'info',
      clients: [],
    })
  })

  it('takes a flag before a variable before the default', () => {
    const environment = { SIGNET_PORT: '1', SIGNET_DATA_DIRECTORY: '/data' }
    const config = configOf(['--port', '2'], environment)
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
    [['stray'], {}, /there is no command 'stray'/],
    [['--issuer', 'https://a.example/?b'], {}, /query or a fragment/],
    [['--algorithm', 'HS256'], {}, /must be one of ES256/],
    [['--has-proxy', 'yes'], {}, /must be one of true, false/],
  ] as const) {
    it(`refuses ${JSON.stringify({ args, environment })} by name`, () => {
      const isSaid = (error: unknown) =>
        error instanceof SetupError && complaint.test(error.message)
      assert.throws(() => readCommandLine(args, environment), isSaid)
    })
  }

  it('prints help from the same table', () => {
    assert.deepEqual(readCommandLine(['--help'], {}), { command: 'help' })
    assert.match(helpText(), /--access-lifetime-seconds +SIGNET_ACCESS_LIFETIME_SECONDS/)
  })
})

describe('the configuration file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'signet-config-'))
  const path = join(directory, 'signet.json')
  const write = (value: unknown) =>
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value))
  after(() => rmSync(directory, { recursive: true }))

  it('comes after flags and variables, and holds clients with their secrets in files', () => {
    writeFileSync(join(directory, 'back-end.secret'), 'a long secret of the client\n')
    const clients = [{ id: 'app' }, { id: 'back end', secretFile: 'back-end.secret' }]
    write({ port: 1, host: '0.0.0.0', hasProxy: true, logLevel: 'error', clients })
    const config = configOf(['--config', path, '--port', '2'], { SIGNET_LOG_LEVEL: 'silent' })
    assert.equal(config.port, 2)
    assert.equal(config.host, '0.0.0.0')
    assert.equal(config.hasProxy, true)
    assert.equal(config.logLevel, 'silent')
    assert.deepEqual(config.clients, [
      { clientId: 'app' },
      { clientId: 'back end', secret: 'a long secret of the client' },
    ])
    assert.equal(configOf([], { SIGNET_CONFIG: path }).port, 1)
  })

  for (const [content, complaint] of [
    ['{', /not valid JSON/],
    ['[]', /one JSON object/],
    [{ prot: 1 }, /there is no setting 'prot'; there are port, host/],
    [{ port: [] }, /'port' must be a text, a number/],
    [{ port: 70_000 }, /--port .* from 0 to 65535/],
    [{ clients: [{ id: 'a', secret: 'b' }] }, /secret/],
    [{ clients: [{ id: 'a', secretFile: 'missing' }] }, /missing cannot be read \(ENOENT\)/],
  ] as const) {
    it(`with ${JSON.stringify(content)} is refused`, () => {
      write(content)
      const isSaid = (error: unknown) =>
        error instanceof SetupError && complaint.test(error.message)
      assert.throws(() => readCommandLine(['--config', path], {}), isSaid)
    })
  }

  it('that is not there is named', () => {
    assert.throws(() => readCommandLine(['--config', '/nowhere.json'], {}), /ENOENT/)
  })
})

describe('the keys command', () => {
  it('has its own words, beside the settings', () => {
    const line = readCommandLine(['keys', 'create', '--name', 'ci', '--scope', 'issue'], {})
    assert.ok(line.command === 'keys')
    assert.deepEqual([line.positionals, line.name, line.scope], [['create'], 'ci', ['issue']])
  })
})
