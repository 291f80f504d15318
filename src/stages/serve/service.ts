/** The service without its protocol: predictions are answered at once, written down, and proven in their turn. */
import { join } from 'node:path'
import { folderOf, PROOF_FILES } from '../../artifacts/proof-folder.js'
import { optional, readBytes, WriteError } from '../../artifacts/store.js'
import { sha256 } from '../../base/digest.js'
import { messageOf } from '../../base/errors.js'
import { sizeOf } from '../../base/tensor.js'
import type { BackendChoice } from '../../prover/backend.js'
import { freshSalt } from '../../workers/extras.js'
import type { Outcome } from '../../workers/messages.js'
import { openPool, type Pool, SampleError } from '../../workers/pool.js'
import { filesOf, signalOf } from '../prove.js'
import type { Served } from './models.js'
import * as Queue from './queue.js'
import {
  ConcurrentKeyError,
  NoDiskError,
  NotProvenError,
  QueueFullError,
  RepeatedKeyError,
  refusalFrom,
  SlowError,
  StoppingError,
  UnknownModelError,
  UnknownPredictionError,
} from './refusals.js'
import { type Asked, readAsked, type Terms } from './requests.js'
import type { Accepted, Found, State } from './state.js'
import { hasResult } from './turn.js'
import {
  idOf,
  type PredictionView,
  type ProofView,
  partsOf,
  predictionView,
  proofView,
  type Standing,
} from './views.js'

export type ServiceEvent =
  | Queue.QueueEvent
  | { readonly kind: 'accepted'; readonly model: string; readonly id: string; readonly samples: number }
  | {
      readonly kind: 'predicted'
      readonly model: string
      readonly samples: number
      readonly milliseconds: number
    }
  | { readonly kind: 'held'; readonly model: string; readonly id: string; readonly reason: string }

export type ServiceOptions = {
  readonly models: ReadonlyMap<string, Served>
  readonly state: State
  readonly threads?: number | undefined
  readonly backend?: BackendChoice | undefined
  /** Samples that may wait for their proofs. */
  readonly mostWaiting: number
  /** Seconds that the predictions of a request may take, and that a proof may. */
  readonly predictTime: number
  readonly proofTime: number
  /** Whether what statements hide may be asked for. */
  readonly openings: boolean
  readonly emit: (event: ServiceEvent) => void
}

export type Service = {
  readonly options: ServiceOptions
  readonly queue: Queue.Queue
  readonly predictors: Map<Served, Pool>
  /** Told of changes, by request. */
  readonly watchers: Map<string, Set<(sample: number) => void>>
  /** Ids of requests that are being answered. */
  readonly answering: Set<string>
  /** Samples being predicted, which will want a place in the queue. */
  reserved: number
  order: number
  stopping: boolean
}

/** Longer than between two requests of a person. */
const IDLE_MS = 3_600_000

/** Opens it with what was accepted before. */
export async function openService(options: ServiceOptions): Promise<Service> {
  const { models, state, threads, backend, proofTime, emit } = options
  const watchers: Service['watchers'] = new Map()
  const queue = Queue.openQueue({
    ...{ state, threads, backend, patience: 1_000 * proofTime },
    emit(event) {
      if (event.kind === 'changed') for (const tell of watchers.get(event.id) ?? []) tell(event.sample)
      emit(event)
    },
  })
  const rest = { reserved: 0, order: Date.now() * 1_000, stopping: false }
  const service = { options, queue, predictors: new Map(), watchers, answering: new Set<string>(), ...rest }
  for (const model of models.values()) warmUp(service, model)
  for (const accepted of await state.recover()) {
    const model = models.get(accepted.model)
    const reason = whyHeld(accepted, model)
    if (reason === undefined) Queue.add(queue, accepted, model!)
    else emit({ kind: 'held', model: accepted.model, id: accepted.id, reason })
  }
  return service
}

/** Starts its worker and opens the model there, so that the first client need not wait for that. */
function warmUp(service: Service, model: Served): void {
  const inputs = model.manifest.inputs.map(({ shape, lo, scale }) =>
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => (lo[i] ?? lo[0]!) * (scale[i] ?? scale[0]!)),
  )
  predictorOf(service, model)
    .run({ kind: 'witness', sample: { index: 0, inputs }, context: 0n })
    // it matters to nobody: a client's sample tells the reason, where there is one
    .catch(() => {})
}

/** Why it cannot be proven with the models that are served. */
function whyHeld(accepted: Accepted, model: Served | undefined): string | undefined {
  if (model === undefined) return `the model "${accepted.model}" is not served any more`
  if (model.manifest.circuit.sha256 !== accepted.circuit) return `"${accepted.model}" is another circuit now`
  return model.key === accepted.key ? undefined : `"${accepted.model}" has other keys now`
}

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

/** Of its own worker, since those that prove are busy for long. */
function predictorOf({ predictors }: Service, model: Served): Pool {
  const pool = predictors.get(model) ?? openPool(model.dir, { threads: 1, idle: IDLE_MS })
  predictors.set(model, pool)
  return pool
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

/** Throws `StoppingError` and `UnknownModelError`. */
export function assertOpen(service: Service, modelId: string): Served {
  if (service.stopping) throw new StoppingError()
  return modelOf(service, modelId)
}

/** Throws `UnknownModelError`. */
export function modelOf({ options: { models } }: Service, id: string): Served {
  const model = models.get(id)
  if (model === undefined) throw new UnknownModelError(id, models.keys())
  return model
}

/** The prediction as it stands. Throws `UnknownPredictionError`. */
export async function read(service: Service, id: string): Promise<PredictionView> {
  return lookUp(service, id, (found, sample) => view(service, found, sample))
}

/** The proof, or the prediction that still waits for it. Throws `UnknownPredictionError`, `NotProvenError`. */
export async function readProof(
  service: Service,
  id: string,
): Promise<{ readonly proof: ProofView } | { readonly waiting: PredictionView; readonly seconds: number }> {
  return lookUp(service, id, async (found, sample) => {
    const proof = await proofView(found, sample, service.options.openings)
    if (proof !== undefined) return { proof }
    const waiting = await view(service, found, sample)
    const { status, failure, before = 0 } = waiting
    if (status === 'failed') throw new NotProvenError(id, failure?.message ?? 'its proof failed', TRIED_AGAIN)
    if (status === 'held') {
      const { models } = service.options
      throw new NotProvenError(id, whyHeld(found.accepted, models.get(waiting.model)) ?? '', HELD)
    }
    return { waiting, seconds: Queue.secondsFor(service.queue, before + 1) }
  })
}

const TRIED_AGAIN = 'the service tries it again when it is started again'
const HELD = 'the operator has to serve the model as it was, under its name'

/**
 * One of the files beside the proof, byte by byte; undefined where the proof has no such file. Throws
 * `UnknownPredictionError`, `NotProvenError`.
 */
export async function readProofFile(
  service: Service,
  id: string,
  file: keyof typeof PROOF_FILES,
): Promise<Uint8Array | undefined> {
  return lookUp(service, id, async ({ folder, ...found }, sample) => {
    if (!hasResult(folder, sample)) {
      const { status } = await view(service, { folder, ...found }, sample)
      throw new NotProvenError(id, `it is ${status}`, `GET /predictions/${id}/events tells when it is proven`)
    }
    return optional(() => readBytes(join(folderOf(folder, sample), PROOF_FILES[file])))
  })
}

/** A request's folder may move while it is read: then it is looked for again. */
async function lookUp<T>(
  { options: { state } }: Service,
  id: string,
  act: (found: Found, sample: number) => Promise<T>,
): Promise<T> {
  const { batch, sample = 0 } = partsOf(id) ?? {}
  const find = async () => (batch === undefined ? undefined : state.find(batch))
  const found = await find()
  if (found === undefined || sample >= found.accepted.samples.length) throw new UnknownPredictionError(id)
  try {
    return await act(found, sample)
  } catch (error) {
    const again = await find()
    if (again === undefined) throw new UnknownPredictionError(id)
    if (again.place === found.place) throw error
    return act(again, sample)
  }
}

function view(service: Service, found: Found, sample: number): Promise<PredictionView> {
  const { models, openings } = service.options
  const manifest = models.get(found.accepted.model)?.manifest
  return predictionView(found, sample, standingOf(service, found, sample), manifest, openings)
}

function standingOf({ queue, stopping }: Service, found: Found, sample: number): Standing {
  const { folder, accepted, place } = found
  const status = Queue.statusOf(queue, accepted.id, sample)
  if (hasResult(folder, sample)) return { status: 'proven' }
  if (status === 'queued') return { status, before: Queue.placeOf(queue, accepted.id, sample) }
  if (status !== undefined && status !== 'proven') return { status }
  if (place === 'pending') return { status: stopping ? 'queued' : 'held' }
  return { status: place === 'failed' ? 'failed' : 'proven' }
}

/** Told at each change of the request that the prediction belongs to; returns what ends it. */
export function watch({ watchers }: Service, id: string, tell: () => void): () => void {
  const { batch, sample } = partsOf(id)!
  const told = watchers.get(batch) ?? new Set()
  const listener = (changed: number) => changed === sample && tell()
  watchers.set(batch, told.add(listener))
  return () => {
    told.delete(listener)
    if (told.size === 0) watchers.delete(batch)
  }
}

/** Accepts no more, and gives up what is under way: it is made again after the next start. */
export async function closeService(service: Service): Promise<void> {
  service.stopping = true
  await Promise.all([...service.predictors.values()].map((pool) => pool.close()))
  await Queue.closeQueue(service.queue)
}
