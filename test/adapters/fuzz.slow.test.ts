import { it } from 'node:test'
import { startExpress } from './express.ts'
import { startFastify } from './fastify.ts'
import { survivesFuzz } from './fuzz.ts'
import { startHono } from './hono.ts'
import { startNode } from './node.ts'

const REQUESTS = 100_000

for (const start of [startExpress, startFastify, startHono, startNode]) {
  it(`${start.name}: odd requests are answered, and let nobody in`, { timeout: 900_000 }, () =>
    survivesFuzz(start, REQUESTS),
  )
}
