// Imports every subpath that the packages installed in a project export: node scripts/import-everything.mjs <project>
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const project = resolve(process.argv[2] ?? '.')
const { resolve: locate } = createRequire(join(project, 'package.json'))
let imported = 0

for (const name of ['signet-jwt', 'signet-jwt-server']) {
  const manifest = join(project, 'node_modules', name, 'package.json')
  const { exports } = JSON.parse(readFileSync(manifest, 'utf8'))
  for (const subpath of Object.keys(exports)) {
    const specifier = name + subpath.slice(1)
    const names = Object.keys(await import(pathToFileURL(locate(specifier)).href))
    if (names.length === 0) throw new Error(`${specifier} exports nothing`)
    console.log(`${specifier}: ${names.length} names`)
    imported++
  }
}
console.log(`imported ${imported} subpaths`)
