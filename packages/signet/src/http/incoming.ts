/** Requests as node:http knows them, which Express and Fastify hand on. */
import type { IncomingMessage } from 'node:http'
import type { Credentials } from './guard.ts'

/** Node keeps the first of several Authorization headers and drops the others in silence; here none is dropped. */
export function credentialsOf({ headers, rawHeaders }: IncomingMessage): Credentials {
  const { authorization, cookie } = headers
  if (authorization === undefined || !isRepeated(rawHeaders)) return { authorization, cookie }
  const all = rawHeaders.filter((_, place) => place % 2 === 1 && isName(rawHeaders[place - 1]))
  return { authorization: all, cookie }
}

function isRepeated(rawHeaders: readonly string[]): boolean {
  let count = 0
  for (let place = 0; place < rawHeaders.length; place += 2) {
    if (isName(rawHeaders[place])) count++
  }
  return count > 1
}

function isName(name: string | undefined): boolean {
  return name?.length === 13 && name.toLowerCase() === 'authorization'
}

/** A browser asks before it sends a token, and cannot put one into the question (Fetch standard, CORS-preflight fetch). */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined
}
