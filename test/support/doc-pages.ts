/** The code on the documentation pages, as programs that can be type-checked and run. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

export interface DocPage {
  readonly name: string
  /** Where its TypeScript was written to. */
  readonly file: string
  /** The blocks of the page, one after the other, which form one program; '' for a page without. */
  readonly typescript: string
  readonly python: string
}

/**
 * Writes the TypeScript of every page into a folder of its own, with a project file for tsc.
 *
 * @param name of the folder under dist/, which git and the linter leave alone and where Node strips types
 */
export function writeDocPages(name: string): {
  readonly folder: string
  readonly pages: readonly DocPage[]
} {
  const folder = join(root, 'dist', name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const config = { extends: '../../tsconfig.json', include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const names = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  const pages = names.filter((name) => name.endsWith('.md')).map((name) => readPage(name, folder))
  for (const { file, typescript } of pages) {
    if (typescript !== '') writeFileSync(file, `${typescript}\nexport {}\n`)
  }
  return { folder, pages }
}

function readPage(name: string, folder: string): DocPage {
  const text = readFileSync(join(root, 'docs', name), 'utf8')
  const file = join(folder, `${name.replaceAll(/[^\w-]/g, '-')}.ts`)
  return { name, file, typescript: blocks(text, 'ts'), python: blocks(text, 'python') }
}

function blocks(page: string, language: string): string {
  const fences = page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))
  return Array.from(fences, ([, code]) => code).join('\n')
}
