import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importJwk, secretKey } from '../codec.ts'
import type { World } from './command.ts'
import { type Outcome, runCommand } from './run.ts'

const now = new Date('2026-01-01T12:00:00Z')
const SECRET = '7c1f4e0b9a2d58e36f0147ac9bd3825e6a0f1c47d98b25e3'

interface Given {
  readonly input?: string
  readonly files?: { readonly [path: string]: string }
  readonly variables?: { readonly [name: string]: string }
  readonly now?: Date
  readonly colour?: boolean
}

function run(args: readonly string[], given: Given = {}): Promise<Outcome> {
  const world: World = {
    now: given.now ?? now,
    colour: given.colour ?? false,
    readInput: () => given.input ?? '',
    readFile: (path) => {
      const text = given.files?.[path]
      if (text === undefined) throw new Error(`no such file: ${path}`)
      return text
    },
    variable: (name) => ({ JWT_SECRET: SECRET, ...given.variables })[name],
  }
  return runCommand(args, world)
}

const withSecret = ['--secret-env', 'JWT_SECRET']
const signed = async (claims = '{"sub":"42"}', ...options: string[]) =>
  (await run(['sign', ...withSecret, '--lifetime', '720', ...options, claims])).output.trim()

test('a secret is made that the library accepts', async () => {
  const { exitCode, output } = await run(['secret'])
  assert.equal(exitCode, 0)
  assert.match(output, /^[0-9a-f]{64}\n$/)
  assert.equal(secretKey(output.trim()).algorithm, 'HS256')
})

test('a secret comes as a line for an environment file', async () => {
  assert.match((await run(['secret', '--env'])).output, /^JWT_SECRET=[0-9a-f]{64}\n$/)
})

test('a secret can be longer and not shorter', async () => {
  assert.equal((await run(['secret', '--bytes', '64'])).output.trim().length, 128)
  for (const bytes of ['16', 'x', '33.5', '']) {
    const { exitCode, errors } = await run(['secret', '--bytes', bytes])
    assert.equal(exitCode, 2)
    assert.match(errors, /from 32 to 1024\nusage: signet secret/)
  }
})

test('a key is made as JWK or PEM', async () => {
  const jwk = importJwk(JSON.parse((await run(['keygen', '--kid', 'k1'])).output))
  assert.deepEqual([jwk.algorithm, jwk.kid, jwk.canSign], ['ES256', 'k1', true])
  assert.equal(JSON.parse((await run(['keygen', 'Ed25519'])).output).alg, 'Ed25519')
  assert.match((await run(['keygen', 'ES384', '--pem'])).output, /^-----BEGIN PRIVATE KEY-----/)
  assert.match((await run(['keygen', 'HS256'])).errors, /generateSecret/)
  assert.equal((await run(['keygen', 'none'])).exitCode, 1)
})

test('what is signed is verified, from argument and standard input', async () => {
  const token = await signed()
  const claims = JSON.parse((await run(['verify', ...withSecret, token])).output)
  assert.deepEqual([claims.sub, claims.exp - claims.iat], ['42', 720])
  assert.equal((await run(['verify', ...withSecret], { input: `${token}\n` })).exitCode, 0)
  const files = { 'key.json': (await run(['keygen'])).output }
  const other = (
    await run(['sign', '--key', 'key.json', '--lifetime', '60'], {
      input: '{}',
      files,
    })
  ).output
  assert.equal((await run(['verify', '--key', 'key.json', other.trim()], { files })).exitCode, 0)
})

test('a key set verifies, and a secret comes from a file', async () => {
  const files = { 'key.json': (await run(['keygen'])).output, 'secret.txt': `${SECRET}\n` }
  const publicKey = (await run(['convert', '--to', 'jwk', '--public', 'key.json'], { files }))
    .output
  const token = (
    await run(['sign', '--key', 'key.json', '--lifetime', '60', '{}'], {
      files,
    })
  ).output.trim()
  const set = { 'set.json': `{"keys":[${publicKey}]}` }
  assert.equal((await run(['verify', '--key', 'set.json', token], { files: set })).exitCode, 0)
  assert.equal(
    (await run(['sign', '--key', 'set.json', '--lifetime', '60', '{}'], { files: set })).exitCode,
    2,
  )
  assert.equal(
    (await run(['verify', '--secret-file', 'secret.txt', await signed()], { files })).exitCode,
    0,
  )
})

test('a refused token exits with 1 and says why', async () => {
  const later = { now: new Date('2026-01-01T13:00:00Z') }
  const { exitCode, output, errors } = await run(['verify', ...withSecret, await signed()], later)
  assert.deepEqual([exitCode, output], [1, ''])
  assert.equal(
    errors,
    'signet: refused: the token expired at 2026-01-01T12:12:00.000Z (ERR_TOKEN_EXPIRED)\n',
  )
  const json = await run(['verify', ...withSecret, '--json', 'x'])
  assert.deepEqual([json.exitCode, JSON.parse(json.output).code], [1, 'ERR_TOKEN_MALFORMED'])
})

test('verify holds a token to what is asked', async () => {
  const token = await signed(
    '{}',
    '--issuer',
    'i',
    '--audience',
    'a',
    '--subject',
    's',
    '--typ',
    'at+jwt',
  )
  const asked = ['--issuer', 'i', '--audience', 'a', '--subject', 's', '--typ', 'at+jwt']
  assert.equal((await run(['verify', ...withSecret, ...asked, token])).exitCode, 0)
  assert.match(
    (await run(['verify', ...withSecret, '--audience', 'b', token])).errors,
    /ERR_CLAIM_INVALID/,
  )
  assert.match(
    (await run(['verify', ...withSecret, ...asked, '--type', 'access', token])).errors,
    /ERR_CLAIM_MISSING/,
  )
})

test('inspect shows header, claims, times as distances and a verdict', async () => {
  const { exitCode, output } = await run(['inspect', await signed()])
  assert.equal(exitCode, 0)
  assert.match(output, /^header {2}\{\n {2}"alg": "HS256"/)
  assert.match(output, /^iat {5}2026-01-01T12:00:00.000Z {2}now$/m)
  assert.match(output, /^exp {5}2026-01-01T12:12:00.000Z {2}in 12 min$/m)
  assert.match(
    output,
    /^verdict not verified: no key was given; it says that it expires in 12 min$/m,
  )
})

test('inspect with a key gives the verdict of verify', async () => {
  assert.match(
    (await run(['inspect', ...withSecret, await signed()])).output,
    /^verdict valid: expires in 12 min$/m,
  )
  const refused = await run(['inspect', ...withSecret, await signed()], {
    variables: { JWT_SECRET: `${SECRET}x` },
  })
  assert.equal(refused.exitCode, 1)
  assert.match(refused.output, /^verdict refused: the signature .* \(ERR_SIGNATURE_INVALID\)$/m)
  const json = JSON.parse((await run(['inspect', '--json', await signed()])).output)
  assert.deepEqual([json.claims.sub, json.verdict], ['42', 'not verified'])
})

test('colour shows on a terminal only', async () => {
  assert.ok(!(await run(['inspect', await signed()])).output.includes('\u001b'))
  assert.ok(
    (await run(['inspect', await signed()], { colour: true })).output.includes(
      '\u001b[33mnot verified',
    ),
  )
})

test('a token cannot command the terminal', async () => {
  const text = '\u001b[2J\u009b2J\u202etxt'
  const token = await signed(JSON.stringify({ name: text, iss: text }))
  for (const args of [
    ['inspect', token],
    ['verify', ...withSecret, token],
    ['verify', ...withSecret, '--issuer', 'x', token],
    ['inspect', ...withSecret, '--issuer', 'x', token],
  ]) {
    const { output, errors } = await run(args)
    for (const command of ['\u001b', '\u009b', '\u202e']) {
      assert.ok(!`${output}${errors}`.includes(command))
    }
  }
})

test('thumbprint and convert read JWK and PEM', async () => {
  const files = { 'key.json': (await run(['keygen'])).output }
  const { kid } = JSON.parse(files['key.json'])
  assert.equal((await run(['thumbprint', 'key.json'], { files })).output.trim(), kid)
  const pem = (await run(['convert', '--to', 'pem', 'key.json'], { files })).output
  assert.equal((await run(['thumbprint', '--alg', 'ES256'], { input: pem })).output.trim(), kid)
  const publicPem = (await run(['convert', '--to', 'pem', '--public', 'key.json'], { files }))
    .output
  assert.match(publicPem, /^-----BEGIN PUBLIC KEY-----/)
  const back = JSON.parse(
    (await run(['convert', '--to', 'jwk', '--alg', 'ES256'], { input: pem })).output,
  )
  assert.equal(back.d, JSON.parse(files['key.json']).d)
})

test('a key is given once, and text that is neither JSON nor PEM is not guessed to be a secret', async () => {
  for (const args of [
    ['verify', 'x'],
    ['verify', ...withSecret, '--key', 'k', 'x'],
    ['sign', '{}'],
  ]) {
    assert.match((await run(args)).errors, /give one key/)
  }
  assert.match(
    (await run(['verify', '--key', 's', 'x'], { files: { s: SECRET } })).errors,
    /use --secret-file/,
  )
  const pem = (await run(['keygen', '--pem'])).output
  assert.match(
    (await run(['verify', '--key', 'p', 'x'], { files: { p: pem } })).errors,
    /--alg ES256/,
  )
  assert.match(
    (await run(['verify', '--secret-env', 'NOT_SET', 'x'])).errors,
    /variable you read is not set/,
  )
})

test('bad claims and numbers are called wrongly', async () => {
  for (const claims of ['nonsense', '[]', ''])
    assert.equal((await run(['sign', ...withSecret, claims])).exitCode, 2)
  assert.equal((await run(['sign', ...withSecret, '--lifetime', '30m', '{}'])).exitCode, 2)
  assert.match((await run(['sign', ...withSecret, '{}'])).errors, /a token needs an end/)
  assert.equal((await run(['verify', ...withSecret])).exitCode, 2)
  assert.equal(
    (await run(['convert', '--to', 'der'], { input: (await run(['keygen'])).output })).exitCode,
    2,
  )
})

test('help lists the commands, and no command at all is called wrongly', async () => {
  const { output } = await run(['--help'])
  for (const name of [
    'secret',
    'keygen',
    'sign',
    'verify',
    'inspect',
    'thumbprint',
    'convert',
    'why',
  ]) {
    assert.match(output, new RegExp(`^ {2}signet ${name} `, 'm'))
    assert.match((await run([name, '--help'])).output, new RegExp(`^signet ${name} `))
  }
  assert.equal((await run([])).exitCode, 2)
})

test('an unknown command, option or argument is named as such', async () => {
  assert.match((await run(['decrypt'])).errors, /unknown command; known are secret/)
  for (const args of [
    ['secret', '--size', '5'],
    ['secret', 'more'],
    ['inspect', 'a', 'b'],
  ]) {
    assert.equal((await run(args)).exitCode, 2)
    assert.match((await run(args)).errors, /usage: signet/)
  }
})
