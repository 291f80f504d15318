/**
 * One vector through all that gives a model its meaning: the imported float program against the published outputs, the
 * integer program against the float one (on the same rounded inputs), the circuit's signals against the integers, and the
 * witness against the constraints.
 */
import { firstUnsatisfied } from '../../src/artifacts/iden3/check.js'
import { read } from '../../src/artifacts/statement.js'
import { BaseError, messageOf } from '../../src/base/errors.js'
import { build, count, evaluate } from '../../src/circuit/circuit.js'
import { type Blueprint, draft, privateInputsOf } from '../../src/circuit/synthesize.js'
import { execute, type Values } from '../../src/model/execute.js'
import { at, type QuantizedModel } from '../../src/model/quantized.js'
import { inputNames } from '../../src/onnx/agree.js'
import type { Constant, Constants } from '../../src/onnx/constants.js'
import { decodeModel } from '../../src/onnx/decode.js'
import { type LoadedModel, loadModel, prepare } from '../../src/onnx/load.js'
import type { Tolerance } from '../../src/onnx/node.js'
import { UnsupportedOperatorError } from '../../src/onnx/unsupported.js'
import { quantizeInputs } from '../../src/quantize/input.js'
import { quantize } from '../../src/quantize/quantize.js'
import { disturbed, shuffled } from './jitter.js'
import { sampleFor, type Vector, type Verdict } from './vector.js'

/** As many as there can be, so that what is off is the operator's doing. */
const BITS = { activation: 16, weight: 16, input: 16 }

/** Of float32, in parts of the greatest value. */
const FLOAT_ERROR = 1e-4

/** Above that, the integers are compared, but the circuit is not written down. */
const MOST_CONSTRAINTS = 300_000

export async function check(vector: Vector, tolerance: Tolerance): Promise<Verdict> {
  try {
    const loaded = await loadVector(vector)
    const names = inputNames(loaded.graph)
    const samples = vector.samples.map(({ inputs }) => sampleFor(inputs, names))
    checkFloat(loaded, vector, samples)
    if (names.length === 0) return { kind: 'passed', error: 0, constraints: 0 }
    const calibration = vector.source.kind === 'file' ? disturbed(samples) : shuffled(samples)
    const { model } = quantize(loaded.graph, calibration, {
      bits: BITS,
      softmaxOutputs: loaded.softmaxOutputs,
    })
    const error = checkIntegers(loaded, model, samples, tolerance)
    return { kind: 'passed', error, constraints: checkCircuit(model, samples[0]!) }
  } catch (thrown) {
    if (thrown instanceof Wrong) return { kind: 'failed', reason: thrown.message }
    if (thrown instanceof BaseError && thrown.fault === 'input')
      return { kind: 'refused', reason: reasonOf(thrown) }
    return { kind: 'failed', reason: `crashed: ${messageOf(thrown)}` }
  }
}

/** As `compile` does: whole numbers that have to be constant become so, where all samples agree. */
async function loadVector(vector: Vector): Promise<LoadedModel> {
  try {
    return await load(vector)
  } catch (error) {
    const more = agreed(error, vector)
    if (Object.keys(more).length === 0) throw error
    return loadVector({ ...vector, constants: { ...vector.constants, ...more } })
  }
}

async function load({ source, constants }: Vector): Promise<LoadedModel> {
  if (source.kind === 'file') return loadModel(source.path, { constants, dims: source.dims })
  const file = { model: decodeModel(source.bytes), digest: 'sha256:' as const, files: [] }
  return prepare(file, { constants })
}

function agreed(error: unknown, { constants, samples, whole }: Vector): Constants {
  if (!(error instanceof UnsupportedOperatorError)) return {}
  const names = new Set(error.nodes.flatMap(({ inputs }) => inputs ?? []))
  const entries = [...names].flatMap((name): [string, Constant][] => {
    const [first, ...rest] = samples.map(({ inputs }) => inputs.get(name)!)
    const same = rest.every((values) => String(values) === String(first))
    const known = Object.hasOwn(constants, name)
    return !known && same && whole?.has(name) ? [[name, { data: first!, shape: whole.get(name)! }]] : []
  })
  return Object.fromEntries(entries)
}

/** The first operator at fault stands for the model. */
function reasonOf(error: BaseError): string {
  if (error instanceof UnsupportedOperatorError) {
    const { operator, reason } = error.nodes[0]!
    return `${operator}: ${reason}`
  }
  const [summary] = error.message.split('\n', 1)
  return error.name === 'Onnx.RuntimeLoadError' ? `${summary} ${error.details[0]}` : summary!
}

function checkFloat(
  { graph, softmaxOutputs }: LoadedModel,
  vector: Vector,
  samples: readonly Values[],
): void {
  vector.samples.forEach(({ outputs }, index) => {
    const values = execute(graph, samples[index]!)
    for (const { name, tensor } of graph.outputs) {
      const truth = outputs.get(name)
      // a softmax that was left out: its scores have no published values
      if (truth === undefined || softmaxOutputs.includes(name)) continue
      const { shape } = graph.tensors[tensor]!
      if (truth.shape !== undefined && String(shape) !== String(truth.shape))
        throw new Wrong(`output "${name}" has shape ${shape}, not ${truth.shape}`)
      const greatest = greatestOf([truth.data])
      refuseDifference(`the float program's "${name}"`, values[tensor]!, truth.data, {
        limit: FLOAT_ERROR,
        greatest,
      })
    }
  })
}

/** Returns the worst error, in parts of the greatest value that the output has over all samples. */
function checkIntegers(
  { graph }: LoadedModel,
  model: QuantizedModel,
  samples: readonly Values[],
  tolerance: Tolerance,
): number {
  const truths = samples.map((sample) => execute(graph, sample))
  const greatest = graph.outputs.map(({ tensor }) => greatestOf(truths.map((truth) => truth[tensor]!)))
  const errors = samples.flatMap((sample, index) => {
    const integers = quantizeInputs(model, sample)
    const values = execute(model, integers)
    const rounded = execute(
      graph,
      model.inputs.map(({ tensor }, port) => real(integers[port]!, model, tensor)),
    )
    return model.outputs.map(({ name, tensor, meaning }, port) => {
      const own = graph.outputs[port]!.tensor
      const answer = real(values[tensor]!, model, tensor)
      // on either side of a jump, either answer is right: inputs that are rounded, or equal but for float64's last bit
      const truth = answer.map((value, i) => nearer(value, rounded[own]![i]!, truths[index]![own]![i]!))
      const limit = meaning === 'label' ? 0 : limitOf(tolerance)
      const bound = { limit, greatest: greatest[port]! }
      return refuseDifference(`the integer program's "${name}"`, answer, truth, bound)
    })
  })
  return Math.max(0, ...errors)
}

function greatestOf(arrays: readonly Float64Array[]): number {
  return arrays.reduce((most, data) => data.reduce((more, value) => Math.max(more, Math.abs(value)), most), 1)
}

function nearer(value: number, a: number, b: number): number {
  return Math.abs(value - b) < Math.abs(value - a) ? b : a
}

function limitOf(tolerance: Tolerance): number {
  if (tolerance === 'exact') return 1e-9
  return tolerance === 'rounds' ? 2 ** -10 : tolerance.approximates
}

function real(integers: Float64Array, model: QuantizedModel, tensor: number): Float64Array {
  return integers.map((value, i) => value * at(model.scales[tensor]!, i))
}

/** How many constraints there are. */
function checkCircuit(model: QuantizedModel, sample: Values): number {
  const blueprint = draft(model)
  const { constraints } = count(blueprint)
  if (constraints > MOST_CONSTRAINTS) return constraints
  const integers = quantizeInputs(model, sample)
  const privateInputs = privateInputsOf(blueprint, integers)
  const { wires } = evaluate(blueprint, { publicInputs: [0n], privateInputs })
  const { r1cs, constraintName } = build(blueprint)
  const broken = firstUnsatisfied(r1cs, { wires: wires.length, values: wires.toBytes() })
  if (broken !== undefined) throw new Wrong(`constraint ${broken} (${constraintName(broken)}) does not hold`)
  checkSignals(blueprint, execute(model, integers), (wire) => BigInt(wires.get(wire)))
  return constraints
}

function checkSignals(
  { model, statement }: Blueprint,
  values: Values,
  signal: (wire: number) => bigint,
): void {
  const signals = Array.from({ length: statement.context + 1 }, (_, i) => signal(1 + i))
  for (const part of statement.outputs) {
    const said = read(part, signals)
    const truth = values[model.outputs[part.port]!.tensor]!
    if (!('integers' in said) || truth.some((value, i) => value !== said.integers[i]))
      throw new Wrong(`the signals of "${part.name}" are not the integer program's outputs`)
  }
}

function refuseDifference(
  what: string,
  values: Float64Array,
  truth: Float64Array,
  { limit, greatest }: { readonly limit: number; readonly greatest: number },
): number {
  if (values.length !== truth.length)
    throw new Wrong(`${what} has ${values.length} elements instead of ${truth.length}`)
  let worst = 0
  values.forEach((value, i) => {
    if (Object.is(value, truth[i])) return
    const error = Math.abs(value - truth[i]!) / greatest
    if (!(error <= limit)) throw new Wrong(`${what}[${i}] is ${value} instead of ${truth[i]}`)
    worst = Math.max(worst, error)
  })
  return worst
}

/** An answer that is not what it should be. */
class Wrong extends Error {}
