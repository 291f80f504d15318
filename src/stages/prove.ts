/**
 * Many samples through the workers: predictions with their witnesses or their proofs, each written as it is done, and
 * noted in a journal, so that a batch that was cut off continues where it stopped. Memory does not grow with their number.
 */
import { type Journal, openJournal } from '../artifacts/journal.js'
import { type Manifest, readManifest } from '../artifacts/manifest.js'
import { pathOf } from '../artifacts/paths.js'
import type { ContextRecord, Opening, PredictionFiles, PredictionRecord } from '../artifacts/proof-folder.js'
import { type SampleStream, type StreamedSample, streamFor } from '../artifacts/samples/stream.js'
import { readBytes } from '../artifacts/store.js'
import { sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import { contextOf, labelContext } from '../chain/context.js'
import type { BackendChoice } from '../prover/backend.js'
import { assertKeysBelong, assertProves } from '../prover/open.js'
import { type Given, runBatch } from '../workers/batch.js'
import type { Outcome, Prediction, Task } from '../workers/messages.js'
import { CancelledError, openPool, SampleError } from '../workers/pool.js'
import { readOutcome } from './kept.js'

export type ProveOptions = {
  readonly dir: string
  /** A file of samples. */
  readonly input: string
  /**
   * A folder for the results, one folder a sample; without, nothing is written. Results that are there already, of the
   * same model, inputs, context and claims, are kept and not made again.
   */
  readonly out?: string
  /** At most so many samples of the file, from its start. */
  readonly limit?: number
  /** Cores to use; by default all. */
  readonly threads?: number
  /** What proves; by default snarkjs. */
  readonly backend?: BackendChoice
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
} & (
  | {
      readonly outcome: Outcome
      readonly folder: string | undefined
      /** Whether it was there from an earlier run. */
      readonly kept: boolean
    }
  | { readonly error: Error }
)

/**
 * Proves samples in parallel. A sample that fails is in the results with its error, and the others go on.
 * Throws what opening the folder, its keys and the samples throws, and `WriteError` where a result cannot be written.
 * Results stand in the file's order, and all in memory: for thousands of samples take `proveEach`.
 */
export async function prove(options: ProveOptions): Promise<readonly SampleResult[]> {
  return inOrder(proveEach(options))
}

/** The same without proofs: predictions and `.wtns` files. */
export async function witness(options: ProveOptions): Promise<readonly SampleResult[]> {
  return inOrder(witnessEach(options))
}

/** Each result as it is there, which need not be in the file's order. Ends early, without error, on the signal. */
export async function* proveEach(options: ProveOptions): AsyncGenerator<SampleResult> {
  const manifest = await readManifest(options.dir)
  assertProves(options.backend, manifest.scheme)
  await assertKeysBelong(options.dir, manifest)
  yield* run('prove', options, manifest)
}

/** As `proveEach`, without proofs: predictions and their `.wtns` files. Needs no keys. */
export async function* witnessEach(options: ProveOptions): AsyncGenerator<SampleResult> {
  yield* run('witness', options, await readManifest(options.dir))
}

async function inOrder(results: AsyncGenerator<SampleResult>): Promise<SampleResult[]> {
  const all: SampleResult[] = []
  for await (const result of results) all.push(result)
  return all.sort((a, b) => a.sample - b.sample)
}

async function* run(
  kind: Task['kind'],
  options: ProveOptions,
  manifest: Manifest,
): AsyncGenerator<SampleResult> {
  const { dir, out, threads, backend, signal } = options
  const stream = await streamFor(options.input, manifest.inputs, manifest.fixed)
  const total = Math.min(options.limit ?? Infinity, stream.count)
  const claims = integerClaims(manifest, options.claims ?? {})
  const journal = out === undefined ? undefined : await openJournal(out)
  const tasks = Math.max(1, total - (journal?.finished ?? 0))
  const batch: Batch = {
    kind,
    options,
    manifest,
    claims,
    total,
    journal,
    key: await keyDigest(kind, dir),
    open: new Map(),
  }
  const pool = openPool(dir, { threads, tasks, backend, scheme: manifest.scheme })
  let done = 0
  try {
    for await (const finished of runBatch(pool, tasksOf(batch, stream), signal)) {
      if ('error' in finished && finished.error instanceof CancelledError) continue
      const result = 'given' in finished ? finished.given : await settle(batch, finished)
      options.onSample?.(result, ++done, total)
      yield result
    }
  } finally {
    await pool.close()
    await journal?.close()
  }
}

type Batch = {
  readonly kind: Task['kind']
  readonly options: ProveOptions
  readonly manifest: Manifest
  /** In integers. */
  readonly claims: Readonly<Record<string, number>>
  readonly total: number
  readonly journal: Journal | undefined
  /** Of the keys that proofs are made with. */
  readonly key: string
  /** Samples under way. */
  readonly open: Map<number, Facts>
}

type Facts = Pick<SampleResult, 'sample' | 'label' | 'context'> & { readonly task: string }

async function keyDigest(kind: Task['kind'], dir: string): Promise<string> {
  return kind === 'prove' ? sha256(await readBytes(pathOf(dir, 'verificationKey'))) : ''
}

/** What is left to do, and in their turn the samples that are settled already. */
async function* tasksOf(batch: Batch, stream: SampleStream): AsyncGenerator<Task | Given<SampleResult>> {
  let taken = 0
  for await (const sample of stream.samples()) {
    if (taken++ === batch.total) return
    yield await taskOf(batch, sample)
    if (taken === batch.total) return
  }
}

async function taskOf(batch: Batch, streamed: StreamedSample): Promise<Task | Given<SampleResult>> {
  const { kind, options, claims, journal } = batch
  const { place: sample, label } = streamed
  const context = options.context?.(sample) ?? NO_CONTEXT
  const given = (result: object): Given<SampleResult> => ({
    sample,
    given: { sample, label, context, ...result } as SampleResult,
  })
  if ('error' in streamed) {
    await journal?.fail(sample, '', failureOf(streamed.error))
    return given({ error: streamed.error })
  }
  const task = journal?.taskDigest(factsText(batch, context), streamed.row) ?? ''
  const folder = await journal?.resultOf(sample, task)
  if (folder !== undefined) return given({ outcome: await readOutcome(folder, kind), folder, kept: true })
  batch.open.set(sample, { sample, label, context, task })
  const { salt } = options
  return {
    kind,
    sample: { index: sample, inputs: streamed.row },
    context: signalOf(context),
    claims,
    ...(salt === undefined ? {} : { salt }),
  }
}

/** All that a result depends on besides the sample's numbers. */
function factsText({ kind, manifest, key, claims, options }: Batch, context: ContextRecord): string {
  const salt = options.salt?.toString() ?? ''
  return JSON.stringify([
    kind,
    manifest.circuit.sha256,
    key,
    signalOf(context).toString(),
    context,
    claims,
    salt,
  ])
}

/** Writes what a worker made of a sample, or notes why it made nothing. */
async function settle(
  { open, journal, manifest }: Batch,
  finished: { readonly sample: number } & ({ readonly outcome: Outcome } | { readonly error: Error }),
): Promise<SampleResult> {
  const { task, ...facts } = open.get(finished.sample)!
  open.delete(finished.sample)
  if ('error' in finished) {
    await journal?.fail(facts.sample, task, failureOf(finished.error))
    return { ...facts, error: finished.error }
  }
  const { outcome } = finished
  const folder = await journal?.keep(facts.sample, task, filesOf(manifest, facts, outcome))
  return { ...facts, outcome, folder, kept: false }
}

/** An error as a journal keeps it. */
export function failureOf(error: Error) {
  if (error instanceof SampleError) return { ...error.failure, message: error.message }
  const fault = error instanceof BaseError ? error.fault : 'internal'
  return { name: error.name, message: error.message, fault }
}

const NO_CONTEXT: ContextRecord = { kind: 'none' }

/**
 * Real numbers in the integers of their outputs, rounded up: what is proven is never less than what was asked. Throws
 * `UnknownClaimError`.
 */
export function integerClaims(
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

/** What a result's folder holds. */
export function filesOf(
  manifest: Manifest,
  facts: Pick<SampleResult, 'sample' | 'label' | 'context'>,
  outcome: Outcome,
): PredictionFiles {
  return {
    ...(outcome.kind === 'prove' ? { proof: outcome.proof } : { wtns: outcome.wtns }),
    signals: outcome.prediction.signals,
    opening: openingOf(manifest, outcome.prediction),
    prediction: publicRecord(manifest, facts, outcome.prediction),
  }
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
