/** The body of an OAuth request: one short form (RFC 6749 appendix B). */
import { mediaType, RequestError, readText } from './body.ts'

/**
 * The parameters of a request. One sent without a value counts as left out, one sent twice is an error
 * (RFC 6749 section 3.2).
 *
 * @throws RequestError
 */
export async function readForm(request: Request): Promise<ReadonlyMap<string, string>> {
  if (mediaType(request) !== 'application/x-www-form-urlencoded') {
    throw new RequestError('the body must be application/x-www-form-urlencoded')
  }
  const form = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(await readText(request))) {
    if (form.has(name)) throw new RequestError('a parameter is given twice')
    form.set(name, value)
  }
  for (const [name, value] of form) if (value === '') form.delete(name)
  return form
}
