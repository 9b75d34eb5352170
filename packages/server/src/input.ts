/** What a request brings, read by the schemas of its route. */
import type { Context } from 'hono'
import { readJson } from './body.ts'
import { Problem, schemaProblem } from './problem.ts'
import type { Inputs } from './route.ts'

/** @throws Problem naming the field that is wrong */
export async function readInput({ params, query, body }: Inputs, c: Context) {
  return {
    ...(params && { params: await check('query', params, c.req.param()) }),
    ...(query && { query: await check('query', query, readQuery(c)) }),
    ...(body && { body: await check('body', body, await readJson(c.req.raw)) }),
  }
}

/** @throws Problem for a parameter that is given twice: two readers would take different ones */
function readQuery(c: Context): { readonly [name: string]: string } {
  const query: [string, string][] = []
  for (const [name, [value = '', ...others]] of Object.entries(c.req.queries())) {
    if (others.length > 0) {
      const detail = `the parameter '${name.slice(0, 80)}' is given twice`
      throw new Problem({ status: 400, detail, errors: [{ detail, parameter: name.slice(0, 80) }] })
    }
    query.push([name, value])
  }
  return Object.fromEntries(query)
}

async function check(
  place: 'body' | 'query',
  schema: NonNullable<Inputs['body']>,
  value: unknown,
): Promise<unknown> {
  const result = await schema.safeParseAsync(value)
  if (result.success) return result.data
  throw new Problem(schemaProblem(place, result.error))
}
