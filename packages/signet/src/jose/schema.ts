/** Claims proved by any Standard Schema (zod, valibot, arktype): the few types of standardschema.dev that Signet reads. */
import { InvalidClaimError } from '../errors.ts'

export interface Schema<Output> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/**
 * The schema's output for a claims set.
 *
 * @throws InvalidClaimError naming the claim; TypeError when the schema is asynchronous, since verify is not
 */
export function proveClaims<Output>(schema: Schema<Output>, claims: unknown): Output {
  const result = schema['~standard'].validate(claims)
  if (result instanceof Promise) {
    // Nobody will look at its outcome: a rejection must not end the process.
    result.catch(() => {})
    throw new TypeError(
      "the 'schema' answered with a Promise; verify is synchronous and needs one that is, too",
    )
  }
  if (result.issues === undefined) return result.value
  const { claim, text } = describeIssue(result.issues[0])
  throw new InvalidClaimError(`claim '${claim}' does not fit the schema: ${text}`, { claim })
}

/** The first complaint of a schema, as the claim it is about and its own words. */
export function describeIssue(issue: SchemaIssue | undefined): { claim: string; text: string } {
  const path = (issue?.path ?? []).map((part) => (typeof part === 'object' ? part.key : part))
  return {
    claim: path.map(String).join('.') || '(claims)',
    text: issue?.message ?? 'no reason given',
  }
}
