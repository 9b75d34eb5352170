/** Bodies of requests, bounded and strict. */
import { ProblemError } from './problem.ts'

export const MAX_BODY_BYTES = 65_536

/** The JSON of a body. @throws ProblemError for another content type, a body that is too long, or no JSON */
export async function readJson(request: Request): Promise<unknown> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new ProblemError({ status: 415, title: 'the body must be application/json' })
  }
  const text = await readText(request)
  try {
    return JSON.parse(text)
  } catch {
    throw new ProblemError({ status: 400, title: 'the body is not JSON' })
  }
}

/** Stops at the limit: what a client would still send is not waited for. */
async function readText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > MAX_BODY_BYTES) {
      throw new ProblemError({
        status: 413,
        title: `the body is larger than ${MAX_BODY_BYTES} bytes`,
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
