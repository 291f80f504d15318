/** The body of a request, as far as the limit goes. */
import { Refusal } from '../refusals.js'

/** Throws `ContentError` and `TooLargeError`. */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/(json|[\w.+-]+\+json)\s*(;|$)/i.test(type)) throw new ContentError('content-type', type)
  const encoding = request.headers.get('content-encoding') ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') throw new ContentError('content-encoding', encoding)
  const length = request.headers.get('content-length')
  if (length !== null && Number(length) > limit) throw new TooLargeError(limit)
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.length
      if (size > limit) throw new TooLargeError(limit)
      chunks.push(chunk)
    }
  } catch (error) {
    // whoever sent it went away
    throw error instanceof Refusal ? error : new CutOffError(size)
  }
  return Buffer.concat(chunks)
}

export class ContentError extends Refusal {
  override name = 'Serve.ContentError'
  constructor(header: string, value: string) {
    super(415, 'The body is of a kind that is not taken.', {
      details: [`${header}: ${value.slice(0, 80) || 'none'}`],
      hint: 'send JSON, not compressed: content-type: application/json',
    })
  }
}

export class TooLargeError extends Refusal {
  override name = 'Serve.TooLargeError'
  constructor(limit: number) {
    super(413, `The body is larger than ${limit} bytes.`, {
      hint: 'send fewer samples at once; the operator can raise the limit: --max-body BYTES',
    })
  }
}

export class CutOffError extends Refusal {
  override name = 'Serve.CutOffError'
  constructor(size: number) {
    super(400, `The body was cut off after ${size} bytes.`, { hint: 'send it whole' })
  }
}
