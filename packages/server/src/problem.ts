/** What a client is told when it cannot have what it asked for: problem details by RFC 9457, which name the field. */
import { STATUS_CODES } from 'node:http'
import { SignetError } from 'signet-jwt/errors'
import { refusal, refusalHeaders } from 'signet-jwt/http'
import type { z } from 'zod'

export interface ProblemDetails {
  readonly status: number
  /** A sentence for the person who wrote the client. Never a token, a key or a secret. */
  readonly detail: string
  /** The fields that are wrong: members of the body by JSON pointer (RFC 6901), parameters by name. */
  readonly errors?: readonly FieldError[]
  readonly headers?: { readonly [name: string]: string }
}

export interface FieldError {
  readonly detail: string
  readonly pointer?: string
  readonly parameter?: string
}

/** Ends the handling of a request with a problem. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly details: ProblemDetails

  constructor(details: ProblemDetails) {
    super(details.detail)
    this.details = details
  }
}

/** Problem types are told apart by their status, so `type` stays about:blank and is left out (RFC 9457 section 4.2.1). */
export function problemResponse({ status, detail, errors, headers }: ProblemDetails): Response {
  const body = { title: STATUS_CODES[status], status, detail, ...(errors && { errors }) }
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...headers,
    },
  })
}

/** The problem behind an error, or undefined when the error is a fault of ours. */
export function problemOf(error: unknown): ProblemDetails | undefined {
  if (error instanceof Problem) return error.details
  if (error instanceof SignetError) return refused(error)
  return mistake(error)
}

function refused(error: SignetError): ProblemDetails | undefined {
  try {
    const answer = refusal(error)
    const detail = answer.body.error_description
    return { status: answer.status, detail, headers: refusalHeaders(answer) }
  } catch {
    return undefined
  }
}

/**
 * What the library says about a wrong argument. Such messages begin with the option or claim in quotes; those of the
 * JavaScript engine, which mean a fault of ours, do not.
 */
function mistake(error: unknown): ProblemDetails | undefined {
  if (!(error instanceof TypeError || error instanceof RangeError)) return undefined
  const found = /^(claim )?'([\w.[\]-]{1,100})' |^(claims[.[\w\]-]{0,100}) /.exec(error.message)
  if (found === null) return undefined
  const [, isClaim, name, path] = found
  const place = isClaim === undefined ? (name ?? path ?? '') : `claims.${name}`
  const pointer = toPointer(place.split(/[.[\]]+/).filter((part) => part !== ''))
  return { status: 400, detail: error.message, errors: [{ detail: error.message, pointer }] }
}

/** Issues shown of one request; a body of nothing but mistakes need not be answered with a longer one. */
const MAX_ISSUES = 10

/** The problem of a body or query that does not fit its schema. */
export function schemaProblem(place: 'body' | 'query', error: z.ZodError): ProblemDetails {
  const errors = error.issues.flatMap((issue) => fieldErrors(place, issue)).slice(0, MAX_ISSUES)
  return { status: 400, detail: errors.map(({ detail }) => detail).join('; '), errors }
}

function fieldErrors(place: 'body' | 'query', issue: z.core.$ZodIssue): readonly FieldError[] {
  const word = place === 'body' ? 'member' : 'parameter'
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      fieldError(place, [...issue.path, key], (name) => `unknown ${word} ${name}`),
    )
  }
  if (issue.path.length === 0) return [{ detail: `the ${place} ${complaint(issue)}` }]
  return [fieldError(place, issue.path, (name) => `${name} ${complaint(issue)}`)]
}

function fieldError(
  place: 'body' | 'query',
  path: readonly PropertyKey[],
  say: (name: string) => string,
): FieldError {
  // A name the client made up is cut and quoted: it goes into logs of others.
  const names = path.map((part) => String(part).slice(0, 80))
  const detail = say(JSON.stringify(names.join('.')).replaceAll(/^"|"$/g, "'"))
  return place === 'body'
    ? { detail, pointer: toPointer(names) }
    : { detail, parameter: names[0] ?? '' }
}

/** What is wrong, as the rest of a sentence. */
function complaint(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? 'is missing'
        : `must be ${typeNames[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`
    default:
      return issue.message
  }
}

const typeNames: { readonly [type: string]: string | undefined } = {
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
}

function toPointer(path: readonly string[]): string {
  return `#${path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`
}
