/** The service without its protocol: what is open while it runs. */
import { sizeOf } from '../../base/tensor.js'
import type { BackendChoice } from '../../prover/backend.js'
import { openPool, type Pool } from '../../workers/pool.js'
import type { Served } from './models.js'
import * as Queue from './queue.js'
import { StoppingError, UnknownModelError } from './refusals.js'
import type { Accepted, State } from './state.js'
import { partsOf } from './views.js'

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

/** Opens it with what was accepted before. Throws `DamagedStateError` and the store's errors. */
export async function openService(options: ServiceOptions): Promise<Service> {
  const { models, state, threads, backend, proofTime, emit } = options
  // what cannot be read is told before anything is started
  const before = await state.recover()
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
  for (const accepted of before) {
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
export function whyHeld(accepted: Accepted, model: Served | undefined): string | undefined {
  if (model === undefined) return `the model "${accepted.model}" is not served any more`
  if (model.manifest.circuit.sha256 !== accepted.circuit) return `"${accepted.model}" is another circuit now`
  return model.key === accepted.key ? undefined : `"${accepted.model}" has other keys now`
}

/** Of its own worker, since those that prove are busy for long. */
export function predictorOf({ predictors }: Service, model: Served): Pool {
  const pool = predictors.get(model) ?? openPool(model.dir, { threads: 1, idle: IDLE_MS })
  predictors.set(model, pool)
  return pool
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
