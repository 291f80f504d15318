/** Why a service refuses a request: errors that know their HTTP status. */
import { BaseError } from '../../base/errors.js'

/** With the status that says it, and after how many seconds trying again makes sense. */
export class Refusal extends BaseError {
  override name = 'Serve.Refusal'
  constructor(
    readonly status: number,
    summary: string,
    options: BaseError.Options & { readonly retryAfter?: number } = {},
  ) {
    super(summary, options)
    this.retryAfter = options.retryAfter
  }
  readonly retryAfter: number | undefined
}

/** What is wrong with what the client sent, in the words of the module that found it. */
export function refusalOf(status: number, { name, message, details, hint }: BaseError): Refusal {
  const refusal = new Refusal(status, message.split('\n')[0]!, {
    details,
    ...(hint === undefined ? {} : { hint }),
  })
  refusal.name = name
  return refusal
}

/** The same from a message whose parts came from another thread as one text. */
export function refusalFrom(status: number, name: string, message: string): Refusal {
  const [summary, ...lines] = message.split('\n').map((line) => line.trim())
  const told = lines.filter((line) => !line.startsWith(HINT))
  const hint = lines.find((line) => line.startsWith(HINT))?.slice(HINT.length)
  const refusal = new Refusal(status, summary!, { details: told, ...(hint === undefined ? {} : { hint }) })
  refusal.name = name
  return refusal
}

const HINT = 'What to do: '

export class UnknownModelError extends Refusal {
  override name = 'Serve.UnknownModelError'
  constructor(id: string, known: Iterable<string>) {
    super(404, `There is no model "${id}" here.`, {
      details: [`there are: ${[...known].join(', ')}`],
      hint: 'GET /models lists them',
    })
  }
}

export class UnknownPredictionError extends Refusal {
  override name = 'Serve.UnknownPredictionError'
  constructor(id: string) {
    super(404, `There is no prediction "${id}" here.`, {
      hint: 'take the id from the answer to POST /models/{id}/predictions; old ones may have been removed (--keep)',
    })
  }
}

export class TooManySamplesError extends Refusal {
  override name = 'Serve.TooManySamplesError'
  constructor(found: number, most: number) {
    super(413, `There are ${found} samples in the request; at most ${most} are taken at once.`, {
      hint: 'send several requests; for whole files there is zkonnx prove',
    })
  }
}

export class QueueFullError extends Refusal {
  override name = 'Serve.QueueFullError'
  constructor(waiting: number, most: number, retryAfter: number) {
    super(429, `Too many predictions wait for their proofs: ${waiting} of at most ${most}.`, {
      hint: `try again in about ${retryAfter} s`,
      retryAfter,
    })
  }
}

export class StoppingError extends Refusal {
  override name = 'Serve.StoppingError'
  constructor() {
    super(503, 'The service is stopping; what it has accepted is kept.', {
      hint: 'try again when it has been started again',
      retryAfter: 5,
    })
  }
}

export class SlowError extends Refusal {
  override name = 'Serve.SlowError'
  constructor(seconds: number) {
    super(503, `No prediction was made within ${seconds} s; nothing was accepted.`, {
      hint: 'send fewer samples at once, or try again later',
      retryAfter: 10,
    })
  }
}

export class RepeatedKeyError extends Refusal {
  override name = 'Serve.RepeatedKeyError'
  constructor() {
    super(422, 'This Idempotency-Key came before with another request.', {
      hint: 'take a new key for every new request',
    })
  }
}

export class ConcurrentKeyError extends Refusal {
  override name = 'Serve.ConcurrentKeyError'
  constructor() {
    super(409, 'A request with this Idempotency-Key is being answered just now.', {
      hint: 'send it again when that one has its answer',
      retryAfter: 1,
    })
  }
}

export class NoDiskError extends Refusal {
  override name = 'Serve.NoDiskError'
  constructor(reason: string) {
    super(503, 'The prediction could not be written down, and was not accepted.', {
      details: [reason],
      hint: 'the operator has to see that the folder of --state can be written and the disk has room',
      retryAfter: 10,
    })
  }
}

export class NotProvenError extends Refusal {
  override name = 'Serve.NotProvenError'
  constructor(id: string, reason: string, hint: string) {
    super(409, `Prediction "${id}" has no proof, and will get none while things stay as they are.`, {
      details: [reason],
      hint,
    })
  }
}
