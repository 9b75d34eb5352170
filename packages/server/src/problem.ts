/** Answers to requests that are not right (RFC 9457): which field, what was expected. */
import type { z } from 'zod'

export interface FieldProblem {
  /** The member, as a path: `context.deviceLabel`. Empty for the body as a whole. */
  readonly field: string
  readonly message: string
}

export interface Problem {
  readonly status: number
  readonly title: string
  readonly detail?: string
  readonly errors?: readonly FieldProblem[]
  readonly headers?: { readonly [name: string]: string }
}

/** Thrown by a handler to answer with a problem. */
export class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.title)
    this.problem = problem
  }
}

export function problemResponse({ headers, ...problem }: Problem): Response {
  const body = { type: 'about:blank', ...problem }
  return new Response(`${JSON.stringify(body)}\n`, {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...headers,
    },
  })
}

/** What a schema has to say about a body or a query, field by field. */
export function invalidFields(where: 'body' | 'query', error: z.ZodError): ProblemError {
  const errors = error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        field: [...issue.path, key].join('.'),
        message: 'unknown member',
      }))
    }
    return [{ field: issue.path.join('.'), message: issue.message }]
  })
  const names = errors.map(({ field }) => field || where).join(', ')
  return new ProblemError({
    status: 400,
    title: `the ${where} is not valid`,
    detail: `look at: ${names}`,
    errors,
  })
}

/**
 * A call of the library with what a client has sent. Its TypeErrors and RangeErrors say which option or claim is wrong
 * and what to write, so they are the client's answer.
 */
export async function asked<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    throw new ProblemError({ status: 400, title: 'this cannot be done', detail: error.message })
  }
}
