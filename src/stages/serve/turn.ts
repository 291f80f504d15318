/** One sample's turn: from what was accepted to a proof in its place. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Journal, openJournal } from '../../artifacts/journal.js'
import { type ContextRecord, folderOf, PROOF_FILES } from '../../artifacts/proof-folder.js'
import { sha256 } from '../../base/digest.js'
import { BaseError, InternalError } from '../../base/errors.js'
import type { Outcome, Task } from '../../workers/messages.js'
import { CancelledError, type Pool } from '../../workers/pool.js'
import { filesOf, signalOf } from '../prove.js'
import type { Served } from './models.js'
import type { Accepted, Inputs, State } from './state.js'

export type Status = 'queued' | 'proving' | 'proven' | 'failed'

/** A request under way; its samples' numbers stay on the disk until their turn. */
export type Live = {
  readonly id: string
  readonly model: Served
  readonly claims: Accepted['claims']
  readonly samples: readonly { readonly signals: string; readonly context: ContextRecord }[]
  readonly statuses: Status[]
  readonly attempts: number[]
  /** While one of it is proven. */
  open: Promise<Opened> | undefined
}

export type Opened = {
  readonly journal: Journal
  /** None where all is proven already. */
  readonly inputs: Inputs | undefined
}

/** Of a request that may have results from before. */
export function toLive(state: State, accepted: Accepted, model: Served): Live {
  const { id, claims } = accepted
  const folder = join(state.pending, id)
  const statuses = accepted.samples.map(
    (_, sample): Status => (hasResult(folder, sample) ? 'proven' : 'queued'),
  )
  const samples = accepted.samples.map(({ signals, prediction: { context } }) => ({ signals, context }))
  return { id, model, claims, samples, statuses, attempts: statuses.map(() => 0), open: undefined }
}

/** A result is renamed to its place once it is noted. */
export function hasResult(folder: string, sample: number): boolean {
  return existsSync(join(folderOf(folder, sample), PROOF_FILES.prediction))
}

export function openOf(state: State, live: Live): Promise<Opened> {
  live.open ??= openBatch(state, live.id).catch((error: unknown) => {
    live.open = undefined
    throw error
  })
  return live.open
}

export async function closeOf(live: Live): Promise<void> {
  const { open } = live
  live.open = undefined
  await (await open?.catch(() => undefined))?.journal.close()
}

async function openBatch(state: State, id: string): Promise<Opened> {
  const journal = await openJournal(join(state.pending, id))
  try {
    return { journal, inputs: await state.inputsOf(id) }
  } catch (error) {
    await journal.close()
    throw error
  }
}

/** Proves the sample, if no run before has, and returns the milliseconds that it took. Throws `WriteError`, `TooLongError`, `SampleError`. */
export async function proveSample(
  live: Live,
  sample: number,
  { journal, inputs }: Opened,
  { pool, patience }: { readonly pool: () => Pool; readonly patience: number },
): Promise<number | undefined> {
  if (inputs === undefined) return undefined
  const task = taskOf(live, sample, inputs)
  const digest = journal.taskDigest(factsOf(live, task), task.sample.inputs)
  if ((await journal.resultOf(sample, digest)) !== undefined) return undefined
  const began = performance.now()
  const outcome = await patiently(pool(), task, patience)
  assertAsPromised(live, sample, outcome)
  const { context } = live.samples[sample]!
  const files = filesOf(live.model.manifest, { sample, label: undefined, context }, outcome)
  await journal.keep(sample, digest, files)
  return performance.now() - began
}

function taskOf({ claims, samples }: Live, sample: number, { rows, salts }: Inputs): Task {
  const inputs = rows[sample]!.map((row) => Float64Array.from(row))
  const context = signalOf(samples[sample]!.context)
  return { kind: 'prove', sample: { index: sample, inputs }, context, claims, salt: BigInt(salts[sample]!) }
}

/** All that a proof depends on besides the sample's numbers. */
function factsOf({ model, claims }: Live, { context, salt }: Task): string {
  return JSON.stringify([model.manifest.circuit.sha256, model.key, String(context), claims, String(salt)])
}

async function patiently(pool: Pool, task: Task, patience: number): Promise<Outcome> {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), patience)
  try {
    return await pool.run(task, abort.signal)
  } catch (error) {
    throw error instanceof CancelledError && abort.signal.aborted ? new TooLongError(patience) : error
  } finally {
    clearTimeout(timer)
  }
}

/** The client was told what would be proven. */
function assertAsPromised({ id, samples }: Live, sample: number, { prediction }: Outcome): void {
  if (sha256(String(prediction.signals)) === samples[sample]!.signals) return
  throw new InternalError(
    `Sample ${sample} of ${id} was proven with other signals than it was answered with.`,
  )
}

export class TooLongError extends BaseError {
  override name = 'Serve.TooLongError'
  constructor(milliseconds: number) {
    super(`The proof took longer than ${milliseconds / 1000} s and was given up.`, {
      hint: 'start the service with a longer --proof-time, or on a machine that does less besides',
      fault: 'internal',
    })
  }
}
