/**
 * One compiled model, opened to predict: float inference, integer execution, witness and proof, one sample after the
 * other. Lives in a worker; every file is read once.
 */
import * as Wtns from '../artifacts/iden3/wtns.js'
import { type Manifest, readManifest } from '../artifacts/manifest.js'
import { opens, readModelOpening, saltOf } from '../artifacts/model-opening.js'
import { pathOf } from '../artifacts/paths.js'
import { readProgram } from '../artifacts/program-file.js'
import { read } from '../artifacts/statement.js'
import { readBytes } from '../artifacts/store.js'
import { BaseError, InternalError } from '../base/errors.js'
import { evaluate } from '../circuit/circuit.js'
import { blueprintOf } from '../circuit/compiled.js'
import type { Evaluator } from '../circuit/cs/evaluator.js'
import type { Felt } from '../circuit/cs/felt.js'
import { type Blueprint, privateInputsOf } from '../circuit/synthesize.js'
import { execute, type Values } from '../model/execute.js'
import { at } from '../model/quantized.js'
import { feedsOf } from '../onnx/agree.js'
import { createInference, type Inference } from '../onnx/ort.js'
import type { BackendChoice } from '../prover/backend.js'
import { openProver, type Prover } from '../prover/open.js'
import { quantizeInputs } from '../quantize/input.js'
import { extraValues } from './extras.js'
import type { Outcome, OutputValues, Prediction, Sample, SharedKey, Task } from './messages.js'

export type Runtime = {
  /** `key` is the proving key; without, it is read. Of several calls one proves at a time. */
  run(task: Task, key?: SharedKey): Promise<Outcome>
  close(): Promise<void>
}

type Opened = {
  readonly manifest: Manifest
  readonly blueprint: Blueprint
  readonly inference: Inference
  /** Of the commitment to the weights, where they are secret. */
  readonly modelSalt: bigint | undefined
}

/** Throws what reading the folder's files throws. Keys are read when the first proof is asked for. */
export async function openRuntime(dir: string, options: openRuntime.Options = {}): Promise<Runtime> {
  const { threads = 1, backend } = options
  const manifest = await readManifest(dir)
  const blueprint = blueprintOf(manifest, await readProgram(dir))
  const file = pathOf(dir, 'onnx')
  const inference = await createInference(await readBytes(file), { file, threads })
  const opened = { manifest, blueprint, inference, modelSalt: await modelSaltOf(dir, manifest, blueprint) }
  const open = (key?: SharedKey) =>
    openProver(dir, manifest.circuit.sha256, {
      threads,
      scheme: manifest.scheme,
      ...(backend === undefined ? {} : { backend }),
      ...(key === undefined ? {} : { bytes: new Uint8Array(key.bytes), prepared: key.prepared }),
    })
  let prover: Promise<Prover> | undefined
  let last: Promise<unknown> = Promise.resolve()
  return {
    async run(task, key) {
      const { prediction, wtns } = await predict(opened, task)
      if (task.kind === 'witness') return { kind: 'witness', prediction, wtns }
      prover ??= open(key)
      const mine = prover
      const proof = last.then(async () => proveSample(await mine, prediction, wtns))
      last = proof.catch(() => {})
      return proof
    },
    async close() {
      await inference.release()
      await (await prover)?.close()
    },
  }
}

export declare namespace openRuntime {
  type Options = {
    /** That inference and a proof may use; by default 1. */
    readonly threads?: number
    readonly backend?: BackendChoice
  }
}

/** Throws `CommitmentMismatchError` where the folder's weights, salt and commitment do not belong together. */
async function modelSaltOf(
  dir: string,
  { model }: Manifest,
  blueprint: Blueprint,
): Promise<bigint | undefined> {
  if (blueprint.statement.model === undefined) return undefined
  const opening = await readModelOpening(dir)
  if (opening.commitment !== model.commitment || !opens(opening, blueprint.model)) {
    throw new CommitmentMismatchError(dir)
  }
  return saltOf(opening)
}

async function predict(opened: Opened, task: Task): Promise<{ prediction: Prediction; wtns: Uint8Array }> {
  const { blueprint, inference } = opened
  const clock = stopwatch()
  const integers = quantizeInputs(blueprint.model, task.sample.inputs)
  const float = await inferFloat(opened, inference, task.sample)
  const infer = clock()
  const values = execute(blueprint.model, integers)
  const executed = clock()
  const extras = extraValues(blueprint, values, task, opened.modelSalt)
  const privateInputs = privateInputsOf(blueprint, integers, extras)
  const evaluator = evaluate(blueprint, { publicInputs: [task.context], privateInputs })
  assertWires(evaluator, opened.manifest)
  const wtns = Wtns.encode({ wires: evaluator.wires.length, values: evaluator.wires.toBytes() })
  const prediction = describe(blueprint, task.sample, float, values, evaluator, extras)
  assertEqualsReference(blueprint, prediction)
  return { prediction: { ...prediction, times: { infer, execute: executed, witness: clock() } }, wtns }
}

/** A witness ends before what a prover makes of a challenge: an inverse a lookup, a quotient an entry. */
function assertWires({ wires }: Evaluator, { circuit }: Manifest): void {
  const { lookups, entries } = circuit.lookups ?? { lookups: 0, entries: 0 }
  const expected = circuit.wires - lookups - entries
  if (wires.length !== expected) throw new OtherCircuitError(wires.length, expected)
}

async function proveSample(prover: Prover, prediction: Prediction, wtns: Uint8Array): Promise<Outcome> {
  const clock = stopwatch()
  const { proof, publicSignals, note, verified } = await prover.prove(wtns)
  const proven = clock()
  if (String(publicSignals) !== String(prediction.signals)) {
    throw new InternalError(
      `Sample ${prediction.sample}: the backend returned other public signals than the witness has.`,
    )
  }
  if (verified === undefined && !prover.verify(publicSignals, proof))
    throw new NoProofError(prediction.sample)
  const verify = verified ?? clock()
  const times = { ...prediction.times, prove: proven - (verified ?? 0), verify }
  return {
    kind: 'prove',
    prediction: { ...prediction, times },
    proof,
    ...(note === undefined ? {} : { note }),
  }
}

/** Inputs that nothing reads were left out of the program; ONNX Runtime still wants them, and gets zeros. */
async function inferFloat(
  { manifest }: Opened,
  inference: Inference,
  sample: Sample,
): Promise<OutputValues[]> {
  const results = await inference.run(
    feedsOf(
      manifest.inputs.map(({ name }) => name),
      inference,
      sample.inputs,
    ),
  )
  return Object.entries(results).map(([name, { data }]) => ({ name, values: Array.from(data) }))
}

/** The specification is the plain execution; a witness that says anything else is a fault of ours. */
function assertEqualsReference({ statement }: Blueprint, { said, integer }: Omit<Prediction, 'times'>): void {
  said.outputs.forEach((part, i) => {
    if (part.shows !== 'values' || !('integers' in part)) return
    const truth = integer[statement.outputs[i]!.port]!.integers
    const wrong = truth.findIndex((value, element) => part.integers[element] !== value)
    if (wrong < 0) return
    const shown = part.integers[wrong]
    throw new InternalError(
      `Output "${part.name}"[${wrong}] is ${truth[wrong]}, but the witness shows ${shown}.`,
    )
  })
}

function describe(
  { model, statement, extras }: Blueprint,
  sample: Sample,
  float: readonly OutputValues[],
  values: Values,
  { wires }: Evaluator,
  given: readonly Felt[],
): Omit<Prediction, 'times'> {
  const integer = model.outputs.map(({ name, tensor }) => {
    const integers = Array.from(values[tensor]!)
    return { name, integers, values: integers.map((value, i) => value * at(model.scales[tensor]!, i)) }
  })
  const signals = Array.from({ length: statement.context + 1 }, (_, i) => BigInt(wires.get(1 + i)))
  return {
    sample: sample.index,
    float,
    integer,
    signals: signals.map(String),
    said: {
      outputs: statement.outputs.map((part) => read(part, signals)),
      inputs: statement.inputs.map((part) => read(part, signals)),
    },
    extras: extras
      .map((extra, i) => ({ ...extra, value: given[i]!.toString() }))
      // the model's salt is kept once, in a file of its own
      .filter(({ side }) => side !== 'model'),
  }
}

/** Each call returns the milliseconds since the one before. */
function stopwatch(): () => number {
  let last = performance.now()
  return () => {
    const now = performance.now()
    const elapsed = now - last
    last = now
    return elapsed
  }
}

export class CommitmentMismatchError extends BaseError {
  override name = 'Prove.CommitmentMismatchError'
  constructor(readonly dir: string) {
    super(`The weights in ${dir} are not those that its manifest commits to.`, {
      hint: 'restore quantized.npz, model-opening.json and manifest.json as they were made, or compile the model again',
    })
  }
}

/** The key is of the circuit in the manifest; what a witness is made from stands beside it. */
export class OtherCircuitError extends BaseError {
  override name = 'Prove.OtherCircuitError'
  constructor(
    readonly wires: number,
    readonly expected: number,
  ) {
    super(`The integer program makes a witness of ${wires} wires, but the circuit has ${expected}.`, {
      hint: 'quantized.json and manifest.json belong to different builds, or one was changed: compile the model again',
    })
  }
}

/** The witness was checked against the plain execution before: what is left to suspect first is the key's file. */
export class NoProofError extends BaseError {
  override name = 'Prove.NoProofError'
  constructor(readonly sample: number) {
    super(`The proof that was just made of sample ${sample} does not verify.`, {
      hint: 'the proving key is damaged: make the keys again with setup; if that does not help, report it with the model',
    })
  }
}
