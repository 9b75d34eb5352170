/** The runbooks, executed: every command of each page, line by line, in one shell beside a real server. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { decodeUnverified, sign } from 'signet-jwt'
import { clientOf, startProcess } from '../e2e/server-process.ts'
import { needCommand } from '../support/need.ts'
import { root, temporaryFolder } from '../support/npm.ts'
import { readPage } from '../support/readme.ts'
import { leakedKey } from './opened-ring.ts'

const source = '--conditions=@signet-jwt/source'
const cli = join(root, 'packages/signet/src/cli/main.ts')
const serverMain = join(root, 'packages/server/src/main.ts')

/** A server in a folder, and the commands that stop and start it where it was. */
async function installation(t: TestContext) {
  // What is registered first is done first: the server ends before its folder goes.
  let stopServer = () => {}
  t.after(() => stopServer())
  const folder = temporaryFolder(t)
  const server = await startProcess(folder)
  stopServer = () => stopLast(folder)
  const { port } = new URL(server.url)
  writeFileSync(join(folder, 'pid'), String(server.child.pid))
  const flags = `--port ${port} --data-directory '${join(folder, '.signet')}'`
  const node = `'${process.execPath}' ${source}`
  const script = (name: string, text: string) => {
    const file = join(folder, name)
    writeFileSync(file, `#!/bin/sh\nset -eu\ncd '${folder}'\n${text}`)
    chmodSync(file, 0o755)
    return file
  }
  const gone = 'while kill -0 "$(cat pid)" 2>/dev/null; do sleep 0.05; done'
  const stop = script('stop', `kill "$(cat pid)"\n${gone}\n`)
  const alive = `until curl -sf -o /dev/null '${server.url}/readyz'; do sleep 0.05; done`
  const begin = `${node} '${serverMain}' ${flags} >server.log 2>&1 </dev/null &`
  const start = script('start', `${begin}\necho $! > pid\n${alive}\n`)
  const restart = script('restart', `'${stop}'\n'${start}'\n`)
  script('signet', `exec ${node} '${cli}' "$@"\n`)
  return { folder, server, commands: { STOP: stop, START: start, RESTART: restart } }
}

function stopLast(folder: string): void {
  try {
    process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')))
  } catch {
    // It has been stopped already.
  }
}

/** Runs the blocks of a page in one shell; answers what each printed. */
async function follow(
  page: string,
  { folder, server }: Pick<Awaited<ReturnType<typeof installation>>, 'folder' | 'server'>,
  variables: { readonly [name: string]: string },
): Promise<void> {
  const { blocks } = readPage(readFileSync(join(root, 'docs/runbooks', page), 'utf8'))
  const run = blocks.filter(({ mode }) => mode === 'run')
  assert.ok(run.length > 1)
  const end = '=== end of block ==='
  const text = run.map((block) => `${block.text}echo '${end}'\n`).join('')
  const { code, output, errors } = await bash(
    `set -eu -o pipefail\n${text}`.replaceAll('http://localhost:8700', server.url),
    { cwd: folder, env: { ...process.env, ...variables, PATH: `${folder}:${process.env.PATH}` } },
  )
  const printed = output.split(`${end}\n`)
  for (const [place, { line, output: promised = '' }] of run.entries())
    assert.equal(printed[place], promised, `the block at line ${line} of ${page}: ${errors}`)
  assert.equal(code, 0, errors)
}

async function bash(text: string, options: { cwd: string; env: NodeJS.ProcessEnv }) {
  const shell = spawn('bash', ['-c', text], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let [output, errors] = ['', '']
  shell.stdout.on('data', (chunk) => {
    output += chunk
  })
  shell.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const code = await new Promise<number | null>((resolve) => shell.on('close', resolve))
  return { code, output, errors }
}

test('leaked-key.md: a forged token is refused, and stays refused', async (t) => {
  if (needCommand(t, 'curl', 'apt-get install curl') === undefined) return
  const { folder, server, commands } = await installation(t)
  const client = clientOf(server)
  const { accessToken, refreshToken } = await client.login('42')
  const { header, claims } = decodeUnverified(accessToken)
  const masterKey = readFileSync(join(folder, '.signet/master.key'), 'utf8').trim()
  const path = join(folder, '.signet/signet.db')
  const leaked = await leakedKey(path, { masterKey }, header.kid as string)
  const forge = (changes: object) => sign({ ...claims, ...changes }, leaked, { typ: 'at+jwt' })
  // What the attacker can do before: be anyone, as long as the token looks like one of ours.
  const forged = forge({ sub: 'admin', sid: undefined, jti: 'forged' })
  assert.equal((await client.whoami(forged)).status, 200)
  const forever = forge({ sub: 'admin', jti: 'forever', exp: Date.UTC(2099) / 1000 })
  const variables = { TOKEN: accessToken, REFRESH: refreshToken, ...commands }
  await follow('leaked-key.md', { folder, server }, { ...variables, FORGED: forged })
  assert.equal((await client.whoami(forged)).status, 401)
  const refused = await client.whoami(forever)
  assert.equal(refused.status, 401)
  assert.match(refused.headers.get('www-authenticate') ?? '', /token has been revoked/)
})

test('master-key.md: another master key, and nobody notices', async (t) => {
  if (needCommand(t, 'curl', 'apt-get install curl') === undefined) return
  const { folder, server, commands } = await installation(t)
  const { accessToken } = await clientOf(server).login('42')
  const before = readFileSync(join(folder, '.signet/master.key'), 'utf8')
  await follow('master-key.md', { folder, server }, { TOKEN: accessToken, ...commands })
  assert.notEqual(readFileSync(join(folder, '.signet/master.key'), 'utf8'), before)
})
