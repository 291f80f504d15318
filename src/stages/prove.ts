/** Many samples through the workers: predictions with their witnesses or their proofs, each written as it is done. */
import { type Manifest, readManifest } from '../artifacts/manifest.js'
import {
  type ContextRecord,
  folderOf,
  type Opening,
  type PredictionRecord,
  writePrediction,
} from '../artifacts/proof-folder.js'
import type { SampleSet } from '../artifacts/samples/bind.js'
import { loadFor } from '../artifacts/samples/load.js'
import { BaseError } from '../base/errors.js'
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
  /** T of threshold claims and m of margin claims, in real numbers by output; m is 0 where it is not given. */
  readonly claims?: Readonly<Record<string, number>>
  /** The salt of every commitment; by default a random one each. */
  readonly salt?: bigint
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
  await assertKeysBelong(options.dir, manifest)
  return run('prove', options, manifest)
}

/** The same without proofs: predictions and `.wtns` files. */
export async function witness(options: ProveOptions): Promise<readonly SampleResult[]> {
  return run('witness', options, await readManifest(options.dir))
}

async function run(kind: Task['kind'], options: ProveOptions, manifest: Manifest): Promise<SampleResult[]> {
  const set = await loadFor(options.input, manifest.inputs, manifest.fixed)
  const total = Math.min(options.limit ?? Infinity, set.rows.length)
  const contexts = Array.from({ length: total }, (_, i) => options.context?.(set.places[i]!) ?? NO_CONTEXT)
  const extras = {
    claims: integerClaims(manifest, options.claims ?? {}),
    ...(options.salt === undefined ? {} : { salt: options.salt }),
  }
  const results: SampleResult[] = []
  const pool = openPool(options.dir, { threads: options.threads, tasks: total })
  try {
    for await (const finished of runBatch(pool, tasksOf(kind, set, contexts, extras), options.signal)) {
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

function* tasksOf(
  kind: Task['kind'],
  set: SampleSet,
  contexts: readonly ContextRecord[],
  extras: Pick<Task, 'claims' | 'salt'>,
): Generator<Task> {
  for (const [i, context] of contexts.entries()) {
    yield {
      kind,
      sample: { index: set.places[i]!, inputs: set.rows[i]! },
      context: signalOf(context),
      ...extras,
    }
  }
}

/** Real numbers in the integers of their outputs, rounded up: what is proven is never less than what was asked. */
function integerClaims(
  { outputs }: Manifest,
  claims: Readonly<Record<string, number>>,
): Record<string, number> {
  const entries = Object.entries(claims).map(([name, real]) => {
    const output = outputs.find(
      (one) => one.name === name && ['threshold', 'margin'].includes(one.visibility),
    )
    if (output === undefined) throw new UnknownClaimError(name, outputs)
    return [name, Math.ceil(real / output.scale[0]!)] as const
  })
  return Object.fromEntries(entries)
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
  facts: Pick<SampleResult, 'sample' | 'label' | 'context'>,
  outcome: Outcome,
): Promise<{ outcome: Outcome; folder: string | undefined }> {
  if (out === undefined) return { outcome, folder: undefined }
  const folder = folderOf(out, facts.sample)
  const { signals } = outcome.prediction
  await writePrediction(folder, {
    ...(outcome.kind === 'prove' ? { proof: outcome.proof } : { wtns: outcome.wtns }),
    signals,
    opening: openingOf(manifest, outcome.prediction),
    prediction: publicRecord(manifest, facts, outcome.prediction),
  })
  return { outcome, folder }
}

function publicRecord(
  manifest: Manifest,
  { sample, label, context }: Pick<SampleResult, 'sample' | 'label' | 'context'>,
  { float, integer, said, times }: Prediction,
): PredictionRecord {
  const shown = manifest.outputs.filter(({ visibility }) => visibility === 'public').map(({ name }) => name)
  const all = shown.length === manifest.outputs.length
  return {
    format: 'zkonnx-prediction/1',
    circuit: manifest.circuit.sha256,
    sample,
    ...(all && label !== undefined ? { label } : {}),
    float: all ? float : float.filter(({ name }) => shown.includes(name)),
    integer: integer.filter(({ name }) => shown.includes(name)),
    says: said,
    context,
    times,
  }
}

/** Nothing to keep where the statement shows all outputs and carries no salt. */
function openingOf(manifest: Manifest, { sample, float, integer, extras }: Prediction): Opening | undefined {
  const hidden = manifest.outputs.some(({ visibility }) => visibility !== 'public')
  return hidden || extras.length > 0
    ? { format: 'zkonnx-opening/1', sample, float, integer, extras }
    : undefined
}

export class UnknownClaimError extends BaseError {
  override name = 'Prove.UnknownClaimError'
  constructor(name: string, outputs: Manifest['outputs']) {
    super(`The model makes no claim with a number about an output "${name}".`, {
      details: outputs.map((output) => `output "${output.name}" shows: ${output.visibility}`),
      hint: 'compile it with --show NAME=threshold or --show NAME=margin, or name such an output',
    })
  }
}
