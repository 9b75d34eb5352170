/** The body of an OAuth request: one short form (RFC 6749 appendix B). */

/** What is wrong with a form, in the words of the protocol. */
export class FormError extends Error {
  override readonly name = 'FormError'
  readonly status: 400 | 413

  constructor(message: string, status: 400 | 413 = 400) {
    super(message)
    this.status = status
  }
}

/** More than any honest request of the protocol needs, in bytes. */
const MAX_BYTES = 64 * 1024

/**
 * The parameters of a request. One sent without a value counts as left out, one sent twice is an error
 * (RFC 6749 section 3.2).
 *
 * @throws FormError
 */
export async function readForm(request: Request): Promise<ReadonlyMap<string, string>> {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    throw new FormError('the body must be application/x-www-form-urlencoded')
  }
  const form = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(await readText(request))) {
    if (form.has(name)) throw new FormError('a parameter is given twice')
    form.set(name, value)
  }
  for (const [name, value] of form) if (value === '') form.delete(name)
  return form
}

async function readText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of arriving(request)) {
    size += chunk.length
    if (size > MAX_BYTES) throw new FormError(`the body is longer than ${MAX_BYTES} bytes`, 413)
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new FormError('the body is not UTF-8')
  }
}

/** A client that hangs up half-way is no fault of the service. */
async function* arriving({ body }: Request): AsyncGenerator<Uint8Array> {
  try {
    yield* body ?? []
  } catch {
    throw new FormError('the body broke off')
  }
}
