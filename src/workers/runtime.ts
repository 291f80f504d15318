/**
 * One compiled model, opened to predict: float inference, integer execution, witness and proof, one sample after the
 * other. Lives in a worker; every file is read once.
 */
import * as Wtns from '../artifacts/iden3/wtns.js'
import { type Manifest, readManifest } from '../artifacts/manifest.js'
import { pathOf } from '../artifacts/paths.js'
import { readProgram } from '../artifacts/program-file.js'
import { unpack } from '../artifacts/statement.js'
import { readBytes } from '../artifacts/store.js'
import { InternalError } from '../base/errors.js'
import { evaluate } from '../circuit/circuit.js'
import type { Evaluator } from '../circuit/cs/evaluator.js'
import { type Blueprint, draft } from '../circuit/synthesize.js'
import { execute, type Values } from '../model/execute.js'
import { at } from '../model/quantized.js'
import { createInference, type Inference } from '../onnx/ort.js'
import { openProver, type Prover } from '../prover/open.js'
import { quantizeInputs } from '../quantize/input.js'
import type { Outcome, OutputValues, Prediction, Sample, StepTimes, Task } from './messages.js'

export type Runtime = {
  run(task: Task): Promise<Outcome>
  close(): Promise<void>
}

type Opened = {
  readonly manifest: Manifest
  readonly blueprint: Blueprint
  readonly inference: Inference
}

/** Throws what reading the folder's files throws. Keys are read when the first proof is asked for. */
export async function openRuntime(dir: string): Promise<Runtime> {
  const manifest = await readManifest(dir)
  const blueprint = draft(await readProgram(dir), visibilityOf(manifest))
  const inference = await createInference(await readBytes(pathOf(dir, 'onnx')))
  const opened = { manifest, blueprint, inference }
  let prover: Promise<Prover> | undefined
  return {
    async run(task) {
      const { prediction, wtns } = await predict(opened, task)
      if (task.kind === 'witness') return { kind: 'witness', prediction, wtns }
      prover ??= openProver(dir, manifest.circuit.sha256)
      return proveSample(await prover, prediction, wtns)
    },
    async close() {
      await inference.release()
      await (await prover)?.close()
    },
  }
}

export function visibilityOf(manifest: Manifest): 'public' | 'private' {
  return manifest.inputs.every((input) => input.visibility === 'public') ? 'public' : 'private'
}

async function predict(
  opened: Opened,
  { sample, context }: Task,
): Promise<{ prediction: Prediction; wtns: Uint8Array }> {
  const { blueprint, inference } = opened
  const clock = stopwatch()
  const integers = quantizeInputs(blueprint.model, sample.inputs)
  const float = await inferFloat(opened, inference, sample)
  const infer = clock()
  const values = execute(blueprint.model, integers)
  const executed = clock()
  const privateInputs = integers.flatMap((input) => Array.from(input))
  const evaluator = evaluate(blueprint, { publicInputs: [context], privateInputs })
  assertEqualsReference(blueprint, evaluator, values)
  const wtns = Wtns.encode({ wires: evaluator.wires.length, values: evaluator.wires.toBytes() })
  const times = { infer, execute: executed, witness: clock() }
  return { prediction: describe(blueprint, sample, float, values, evaluator, times), wtns }
}

async function proveSample(prover: Prover, prediction: Prediction, wtns: Uint8Array): Promise<Outcome> {
  const clock = stopwatch()
  const { proof, publicSignals } = await prover.prove(wtns)
  const prove = clock()
  if (String(publicSignals) !== String(prediction.signals)) {
    throw new InternalError(
      `Sample ${prediction.sample}: the backend returned other public signals than the witness has.`,
    )
  }
  if (!(await prover.verify(publicSignals, proof))) {
    throw new InternalError(`The proof that was just made does not verify.`)
  }
  const times = { ...prediction.times, prove, verify: clock() }
  return { kind: 'prove', prediction: { ...prediction, times }, proof }
}

async function inferFloat(
  { manifest }: Opened,
  inference: Inference,
  sample: Sample,
): Promise<OutputValues[]> {
  const feeds = manifest.inputs.map(
    ({ name, shape }, i) => [name, { dims: shape, data: sample.inputs[i]! }] as const,
  )
  const results = await inference.run(Object.fromEntries(feeds))
  return Object.entries(results).map(([name, { data }]) => ({ name, values: Array.from(data) }))
}

/** The specification is the plain execution; a witness that says anything else is a fault of ours. */
function assertEqualsReference({ model, statement }: Blueprint, { wires }: Evaluator, values: Values): void {
  const signals = Array.from({ length: statement.context }, (_, i) => BigInt(wires.get(1 + i)))
  model.outputs.forEach(({ name, tensor }, i) => {
    const truth = values[tensor]!
    const shown = unpack(statement.outputs[i]!, signals)
    const wrong = truth.findIndex((value, element) => shown[element] !== value)
    if (wrong < 0) return
    throw new InternalError(
      `Output "${name}"[${wrong}] is ${truth[wrong]}, but the witness shows ${shown[wrong]}.`,
    )
  })
}

function describe(
  { model, statement }: Blueprint,
  sample: Sample,
  float: readonly OutputValues[],
  values: Values,
  { wires }: Evaluator,
  times: StepTimes,
): Prediction {
  const integer = model.outputs.map(({ name, tensor }) => {
    const integers = Array.from(values[tensor]!)
    return { name, integers, values: integers.map((value, i) => value * at(model.scales[tensor]!, i)) }
  })
  const signals = Array.from({ length: statement.context + 1 }, (_, i) => BigInt(wires.get(1 + i)).toString())
  return { sample: sample.index, float, integer, signals, times }
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
