import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secretKey } from '../codec.ts'
import { runCommand } from './run.ts'

test('a secret is made that the library accepts', () => {
  const { exitCode, output } = runCommand(['secret'])
  assert.equal(exitCode, 0)
  assert.match(output, /^[0-9a-f]{64}\n$/)
  assert.equal(secretKey(output.trim()).algorithm, 'HS256')
})

test('a secret comes as a line for an environment file', () => {
  assert.match(runCommand(['secret', '--env']).output, /^JWT_SECRET=[0-9a-f]{64}\n$/)
})

test('a secret can be longer and not shorter', () => {
  assert.equal(runCommand(['secret', '--bytes', '64']).output.trim().length, 128)
  for (const bytes of ['16', 'x', '33.5', '']) {
    const { exitCode, errors } = runCommand(['secret', '--bytes', bytes])
    assert.equal(exitCode, 2)
    assert.match(errors, /from 32 to 1024\nusage: signet secret/)
  }
})

test('help lists the commands, and no command at all is called wrongly', () => {
  assert.match(runCommand(['--help']).output, /signet secret \[--env\]/)
  assert.equal(runCommand([]).exitCode, 2)
})

test('an unknown command or option is named as such', () => {
  assert.match(runCommand(['decrypt']).errors, /unknown command; known are secret/)
  const wrong = runCommand(['secret', '--size', '5'])
  assert.equal(wrong.exitCode, 2)
  assert.match(wrong.errors, /usage: signet secret/)
})
