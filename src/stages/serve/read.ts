/** Predictions and their proofs, as they stand, wherever they are. */
import { join } from 'node:path'
import { folderOf, PROOF_FILES } from '../../artifacts/proof-folder.js'
import { optional, readBytes } from '../../artifacts/store.js'
import * as Queue from './queue.js'
import { NotProvenError, UnknownPredictionError } from './refusals.js'
import { type Service, whyHeld } from './service.js'
import type { Found } from './state.js'
import { hasResult } from './turn.js'
import {
  type PredictionView,
  type ProofView,
  partsOf,
  predictionView,
  proofView,
  type Standing,
} from './views.js'

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
