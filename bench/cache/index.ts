/** How long does it take to accept a token again that was accepted before, with all that may have changed looked at? */
import { measure } from '../support/measure.ts'
import { section } from '../support/report.ts'
import type { BenchOptions, Section } from '../support/section.ts'
import { hitCase } from './hits.ts'

/** A thousand fit into the processor's cache, sixty thousand do not: then both wait for memory, and are nearer. */
const sizes = [1000, 60_000]

export async function run(options: BenchOptions): Promise<readonly Section[]> {
  const sections: Section[] = []
  for (const size of sizes) {
    const { name, make } = hitCase(size)
    if (options.case !== undefined && !name.includes(options.case)) continue
    options.progress(name)
    const { subjects, close } = await make()
    const one = { bench: 'cache', name, subjects }
    sections.push(section(one, await measure(one, options.seconds)))
    await close()
  }
  return sections
}
