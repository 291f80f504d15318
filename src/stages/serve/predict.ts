/** What a client asks for is predicted, written down, and answered; then it waits for its proof. */
import { WriteError } from '../../artifacts/store.js'
import { sha256 } from '../../base/digest.js'
import { messageOf } from '../../base/errors.js'
import { freshSalt } from '../../workers/extras.js'
import type { Outcome } from '../../workers/messages.js'
import { SampleError } from '../../workers/pool.js'
import { filesOf, signalOf } from '../prove.js'
import type { Served } from './models.js'
import * as Queue from './queue.js'
import { read } from './read.js'
import {
  ConcurrentKeyError,
  NoDiskError,
  QueueFullError,
  RepeatedKeyError,
  refusalFrom,
  SlowError,
  StoppingError,
} from './refusals.js'
import { type Asked, readAsked, type Terms } from './requests.js'
import { assertOpen, predictorOf, type Service } from './service.js'
import type { Accepted, Found } from './state.js'
import { idOf, type PredictionView } from './views.js'

export type Answered = {
  readonly predictions: readonly PredictionView[]
  /** Whether this was answered before, under the same key. */
  readonly replayed: boolean
}

/** Predicts, writes down, and answers; proofs follow. Throws `Refusal`. */
export async function predict(
  service: Service,
  modelId: string,
  body: Uint8Array,
  terms: Terms,
  key: string | undefined,
): Promise<Answered> {
  const { options, answering } = service
  const { state } = options
  const model = assertOpen(service, modelId)
  const asked = readAsked(model, body, terms)
  const id = state.idFor(model.id, key)
  const request = state.digestOf([model.id, asked.rows.map((row) => row.map((values) => [...values])), terms])
  if (answering.has(id)) throw new ConcurrentKeyError()
  answering.add(id)
  try {
    const before = key === undefined ? undefined : await state.find(id)
    if (before !== undefined && before.accepted.request !== request) throw new RepeatedKeyError()
    const found = before ?? (await accept(service, model, asked, { id, request }))
    const samples = found.accepted.samples.map((_, sample) => sample)
    const predictions = await Promise.all(
      samples.map((sample) => read(service, idOf(found.accepted.id, sample))),
    )
    return { predictions, replayed: before !== undefined }
  } finally {
    answering.delete(id)
  }
}

async function accept(
  service: Service,
  model: Served,
  asked: Asked,
  { id, request }: { readonly id: string; readonly request: string },
): Promise<Found> {
  const { options, queue } = service
  const { state, emit } = options
  const count = asked.rows.length
  const taken = Queue.waiting(queue) + service.reserved
  if (taken + count > options.mostWaiting)
    throw new QueueFullError(taken, options.mostWaiting, Queue.secondsFor(queue, count))
  service.reserved += count
  try {
    const salts = asked.rows.map(() => freshSalt())
    const began = performance.now()
    const outcomes = await predictAll(service, model, asked, salts)
    emit({ kind: 'predicted', model: model.id, samples: count, milliseconds: performance.now() - began })
    const accepted = acceptedOf(service, model, asked, outcomes, { id, request })
    const rows = asked.rows.map((row) => row.map((values) => [...values]))
    if (service.stopping) throw new StoppingError()
    await state.accept(accepted, { rows, salts: salts.map(String) }).catch((error: unknown) => {
      throw error instanceof WriteError ? new NoDiskError(messageOf(error)) : error
    })
    if (!service.stopping) Queue.add(queue, accepted, model)
    emit({ kind: 'accepted', model: model.id, id, samples: count })
    return (await state.find(id))!
  } finally {
    service.reserved -= count
  }
}

async function predictAll(
  service: Service,
  model: Served,
  { rows, contexts, claims }: Asked,
  salts: readonly bigint[],
): Promise<Outcome[]> {
  const { predictTime } = service.options
  const pool = predictorOf(service, model)
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), 1_000 * predictTime)
  const outcomes: Outcome[] = []
  try {
    // one after the other: there is one worker, and other clients' requests get their turns
    for (const [index, inputs] of rows.entries()) {
      const terms = { context: signalOf(contexts[index]!), claims, salt: salts[index]! }
      outcomes.push(await pool.run({ kind: 'witness', sample: { index, inputs }, ...terms }, abort.signal))
    }
    return outcomes
  } catch (error) {
    if (service.stopping) throw new StoppingError()
    if (abort.signal.aborted) throw new SlowError(predictTime)
    throw error instanceof SampleError && error.failure.fault !== 'internal'
      ? refusalFrom(422, error.failure.name, error.message)
      : error
  } finally {
    clearTimeout(timer)
  }
}

function acceptedOf(
  service: Service,
  { id: model, manifest, key }: Served,
  { contexts, claims }: Asked,
  outcomes: readonly Outcome[],
  facts: { readonly id: string; readonly request: string },
): Accepted {
  service.order = Math.max(service.order + 1, Date.now() * 1_000)
  return {
    format: 'zkonnx-accepted/1',
    ...facts,
    ...{ model, circuit: manifest.circuit.sha256, key, claims },
    at: new Date().toISOString(),
    order: service.order,
    samples: outcomes.map((outcome, sample) => ({
      signals: sha256(String(outcome.prediction.signals)),
      prediction: filesOf(manifest, { sample, label: undefined, context: contexts[sample]! }, outcome)
        .prediction,
    })),
  }
}
