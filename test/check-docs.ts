/** Type-checks the TypeScript on the documentation pages; part of npm run check. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { writeDocPages } from './support/doc-pages.ts'

const { folder } = writeDocPages('docs-types')
const tsc = join(import.meta.dirname, '../node_modules/typescript/bin/tsc')
const { status } = spawnSync(process.execPath, [tsc, '--project', folder], { stdio: 'inherit' })
process.exitCode = status ?? 1
