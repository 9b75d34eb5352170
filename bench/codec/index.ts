/** How fast does the codec sign and verify, beside its peers and beside what Node itself could do? */
import { measure } from '../support/measure.ts'
import { section } from '../support/report.ts'
import type { BenchOptions, Section } from '../support/section.ts'
import { signCases } from './sign.ts'
import { verifyCases } from './verify.ts'

export async function run(options: BenchOptions): Promise<readonly Section[]> {
  const cases = [...(await verifyCases()), ...(await signCases())]
  const sections: Section[] = []
  for (const one of cases) {
    if (options.case !== undefined && !one.name.includes(options.case)) continue
    options.progress(one.name)
    sections.push(section(one, await measure(one, options.seconds)))
  }
  return sections
}
