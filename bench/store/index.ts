/** How fast a store decides, tells others, and brings a newcomer up to date. */
import type { BenchOptions, Section } from '../support/section.ts'
import { redisSections } from './redis.ts'

export async function run(options: BenchOptions): Promise<readonly Section[]> {
  return redisSections(options)
}
