/** Many samples through the workers: predictions with their witnesses or their proofs, each written as it is done. */
import { join } from 'node:path'
import { type Manifest, readManifest } from '../artifacts/manifest.js'
import { type ContextRecord, folderOf, writeProof } from '../artifacts/proof-folder.js'
import type { SampleSet } from '../artifacts/samples/bind.js'
import { loadFor } from '../artifacts/samples/load.js'
import { ensureDir, writeAtomic, writeJson } from '../artifacts/store.js'
import { contextOf, labelContext } from '../chain/context.js'
import { assertKeysBelong } from '../prover/open.js'
import { runBatch } from '../workers/batch.js'
import type { Outcome, Prediction, Task } from '../workers/messages.js'
import { openPool } from '../workers/pool.js'

export type ProveOptions = {
  readonly dir: string
  /** A file of samples. */
  readonly input: string
  /** A folder for the results, one folder a sample; without, nothing is written. */
  readonly out?: string
  /** At most so many samples of the file, from its start. */
  readonly limit?: number
  /** Workers; by default one a core. */
  readonly threads?: number
  /** What each sample's proof is bound to; by default nothing. */
  readonly context?: (sample: number) => ContextRecord
  /** Told of each sample as it ends. */
  readonly onSample?: (result: SampleResult, done: number, total: number) => void
  readonly signal?: AbortSignal
}

export type SampleResult = {
  readonly sample: number
  readonly label: number | undefined
  readonly context: ContextRecord
} & ({ readonly outcome: Outcome; readonly folder: string | undefined } | { readonly error: Error })

/**
 * Proves samples in parallel. A sample that fails is in the results with its error, and the others go on.
 * Throws what opening the folder, its keys and the samples throws. Results stand in the file's order.
 */
export async function prove(options: ProveOptions): Promise<readonly SampleResult[]> {
  const manifest = await readManifest(options.dir)
  await assertKeysBelong(options.dir, manifest.circuit)
  return run('prove', options, manifest)
}

/** The same without proofs: predictions and `.wtns` files. */
export async function witness(options: ProveOptions): Promise<readonly SampleResult[]> {
  return run('witness', options, await readManifest(options.dir))
}

async function run(kind: Task['kind'], options: ProveOptions, manifest: Manifest): Promise<SampleResult[]> {
  const set = await loadFor(options.input, manifest.inputs)
  const total = Math.min(options.limit ?? Infinity, set.rows.length)
  const contexts = Array.from({ length: total }, (_, i) => options.context?.(set.places[i]!) ?? NO_CONTEXT)
  const results: SampleResult[] = []
  const pool = openPool(options.dir, { threads: Math.min(options.threads ?? Infinity, total) })
  try {
    for await (const finished of runBatch(pool, tasksOf(kind, set, contexts), options.signal)) {
      const at = set.places.indexOf(finished.sample)
      const facts = { sample: finished.sample, label: set.labels?.[at], context: contexts[at]! }
      const result: SampleResult =
        'error' in finished
          ? { ...facts, error: finished.error }
          : { ...facts, ...(await store(options.out, manifest, facts, finished.outcome)) }
      results.push(result)
      options.onSample?.(result, results.length, total)
    }
  } finally {
    await pool.close()
  }
  return results.sort((a, b) => a.sample - b.sample)
}

const NO_CONTEXT: ContextRecord = { kind: 'none' }

function* tasksOf(kind: Task['kind'], set: SampleSet, contexts: readonly ContextRecord[]): Generator<Task> {
  for (const [i, context] of contexts.entries()) {
    yield { kind, sample: { index: set.places[i]!, inputs: set.rows[i]! }, context: signalOf(context) }
  }
}

/** The context signal that a record of it stands for. */
export function signalOf(context: ContextRecord): bigint {
  switch (context.kind) {
    case 'none':
      return labelContext()
    case 'label':
      return labelContext(context.label)
    case 'chain': {
      const { chainId, nonce, deadline, ...rest } = context
      return contextOf({
        ...rest,
        chainId: BigInt(chainId),
        nonce: BigInt(nonce),
        deadline: BigInt(deadline),
      })
    }
  }
}

async function store(
  out: string | undefined,
  manifest: Manifest,
  { sample, label, context }: Omit<SampleResult, 'outcome' | 'folder' | 'error'>,
  outcome: Outcome,
): Promise<{ outcome: Outcome; folder: string | undefined }> {
  if (out === undefined) return { outcome, folder: undefined }
  const folder = folderOf(out, sample)
  const prediction = {
    ...predictionRecord(manifest, outcome.prediction),
    context,
    ...(label === undefined ? {} : { label }),
  }
  if (outcome.kind === 'prove') {
    await writeProof(folder, { proof: outcome.proof, signals: outcome.prediction.signals, prediction })
  } else {
    await ensureDir(folder)
    await writeAtomic(join(folder, 'witness.wtns'), outcome.wtns)
    await writeJson(join(folder, 'public.json'), outcome.prediction.signals)
    await writeJson(join(folder, 'prediction.json'), prediction)
  }
  return { outcome, folder }
}

function predictionRecord(manifest: Manifest, { sample, float, integer, times }: Prediction) {
  return {
    format: 'zkonnx-prediction/1' as const,
    circuit: manifest.circuit.sha256,
    sample,
    float,
    integer,
    times,
  }
}
