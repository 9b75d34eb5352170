// `npm run build`: the published JavaScript and declarations, packages/*/src -> packages/*/dist.
// `npm run build -- signet` builds one package. The server comes second: it reads the declarations of the library.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const compiler = join(root, 'node_modules/typescript/bin/tsc')
const wanted = process.argv.slice(2)
const known = ['signet', 'server']

for (const name of wanted.length === 0 ? known : wanted) {
  if (!known.includes(name)) fail(`there is no package '${name}'; known are ${known.join(', ')}`)
  build(join(root, 'packages', name))
}

function build(folder) {
  // A file that was deleted from src must not live on in the package.
  rmSync(join(folder, 'dist'), { recursive: true, force: true })
  const { status, error } = spawnSync(process.execPath, [compiler, '--project', folder], {
    stdio: 'inherit',
  })
  if (error !== undefined) throw error
  if (status !== 0) fail(`${folder}: tsc ended with ${status}`)
  const { name, bin = {}, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  for (const file of Object.values(bin)) makeExecutable(join(folder, file))
  for (const [subpath, conditions] of Object.entries(exports)) {
    for (const file of [conditions.types, conditions.default]) {
      if (!existsSync(join(folder, file)))
        fail(`${name} exports '${subpath}', and ${file} was not built`)
    }
  }
  console.log(`built ${name}`)
}

/** npm makes the bin files of an installed package executable, and `npm link` and a checkout do not. */
function makeExecutable(file) {
  if (!existsSync(file)) fail(`the bin file ${file} was not built`)
  const [firstLine] = readFileSync(file, 'utf8').split('\n', 1)
  if (firstLine !== '#!/usr/bin/env node') {
    fail(`the bin file ${file} must begin with '#!/usr/bin/env node', or no shell can start it`)
  }
  chmodSync(file, 0o755)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
