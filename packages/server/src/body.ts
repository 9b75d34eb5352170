/** Reading a JSON body within bounds. */
import { Problem } from './problem.ts'

/** In bytes. The largest honest body carries 4 KiB of claims. */
export const MAX_BODY_BYTES = 64 * 1024

/** @throws Problem 413, 415 or 400 */
export async function readJson(request: Request): Promise<unknown> {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/json') {
    throw new Problem({
      status: 415,
      detail: 'the body must be JSON: send Content-Type: application/json',
    })
  }
  const text = decode(await readBytes(request))
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the body, which may hold a token.
    throw new Problem({ status: 400, detail: 'the body is not valid JSON' })
  }
}

async function readBytes(request: Request): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of arriving(request)) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A client that hangs up half-way is no fault of ours, and nothing for the log. */
async function* arriving({ body }: Request): AsyncGenerator<Uint8Array> {
  try {
    yield* body ?? []
  } catch {
    throw new Problem({ status: 400, detail: 'the body broke off' })
  }
}

function tooLarge(): Problem {
  return new Problem({
    status: 413,
    detail: `the body is larger than ${MAX_BODY_BYTES} bytes`,
  })
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Problem({ status: 400, detail: 'the body is not UTF-8' })
  }
}
