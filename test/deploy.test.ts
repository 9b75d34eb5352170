/** What is shipped for running the server elsewhere, as far as it can be checked without doing so. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { needCommand } from './support/need.ts'

const root = join(import.meta.dirname, '..')
const deploy = (name: string) => join(root, 'deploy', name)

test('the compose file is valid', (t) => {
  const compose = needCommand(t, 'docker-compose', 'apt-get install docker-compose')
  if (compose === undefined) return
  const { status, stderr } = spawnSync(compose, ['-f', deploy('compose.yaml'), 'config', '-q'], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
})

test('the image is made of files that exist, and starts what the package calls its server', () => {
  const text = readFileSync(deploy('Dockerfile'), 'utf8')
  for (const [, sources = ''] of text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)) {
    for (const source of sources.split(' ')) assert.ok(existsSync(join(root, source)), source)
  }
  const { bin } = JSON.parse(readFileSync(join(root, 'packages/server/package.json'), 'utf8'))
  assert.ok(text.includes(join('packages/server', bin['signet-server'])))
})

test('the unit is one that systemd accepts', (t) => {
  const analyze = needCommand(t, 'systemd-analyze', 'apt-get install systemd')
  if (analyze === undefined) return
  const { stderr } = spawnSync(analyze, ['verify', '--man=no', deploy('signet.service')], {
    encoding: 'utf8',
  })
  const complaints = stderr.split('\n').filter((line) => line.includes('signet.service'))
  assert.deepEqual(complaints, [])
})
