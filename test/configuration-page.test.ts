import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { it } from 'node:test'
import { configurationPage } from './support/configuration-page.ts'

const path = new URL('../docs/configuration.md', import.meta.url)

it('docs/configuration.md is what the settings say (SIGNET_WRITE_PAGES=1 writes it anew)', () => {
  if (process.env.SIGNET_WRITE_PAGES === '1') writeFileSync(path, configurationPage())
  assert.equal(readFileSync(path, 'utf8'), configurationPage())
})
