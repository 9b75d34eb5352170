/** Reading the body of a request within bounds. */

/** What is wrong with a request, in words for whoever has sent it. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly status: 400 | 413 | 415

  constructor(message: string, status: 400 | 413 | 415 = 400) {
    super(message)
    this.status = status
  }
}

/** More than any honest request needs, in bytes. */
const MAX_BYTES = 64 * 1024

/** @throws RequestError */
export async function readText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of arriving(request)) {
    size += chunk.length
    if (size > MAX_BYTES) throw new RequestError(`the body is longer than ${MAX_BYTES} bytes`, 413)
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new RequestError('the body is not UTF-8')
  }
}

/** The media type of the body, without its parameters. */
export function mediaType({ headers }: Request): string {
  const [type = ''] = (headers.get('content-type') ?? '').split(';')
  return type.trim().toLowerCase()
}

/** A client that hangs up half-way is no fault of the service. */
async function* arriving({ body }: Request): AsyncGenerator<Uint8Array> {
  try {
    yield* body ?? []
  } catch {
    throw new RequestError('the body broke off')
  }
}
