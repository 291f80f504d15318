/**
 * From a float program and calibration samples to the integer program that is proven.
 *
 * The float program is first rewritten so that linear operators meet (they cost nothing), and poolings come before
 * activations; then each operator is lowered in order, with the scales of scheme.ts. Deterministic: the same program,
 * samples and options give the same integers.
 */

import type { Calibration } from '../artifacts/calibration.js'
import type { Weights } from '../artifacts/manifest.js'
import { BaseError, InternalError } from '../base/errors.js'
import { boundsOf } from '../model/bounds.js'
import type { Values } from '../model/execute.js'
import type { Graph, Port, TensorId } from '../model/graph.js'
import type { Interval } from '../model/interval.js'
import type { QuantizedInput, QuantizedModel, QuantizedOutput } from '../model/quantized.js'
import { calibrate, coarse, extremesOf, type Range } from './calibrate.js'
import { centred, centreSamples } from './centre.js'
import { comparedDomain } from './compared-domain.js'
import { type DeclaredDomain, type Domain, domainOf, inPowersOfTwo } from './domain.js'
import { aligned, raw } from './forms.js'
import { quantizeInputs } from './input.js'
import { lower } from './lower.js'
import { isOnlyCompared, thresholdsOf } from './lower-compare.js'
import { isRounded } from './lower-round.js'
import { describeFits } from './lower-smooth.js'
import { type Functions, type Lowering, newLowering } from './lowering.js'
import { addInput, newProgram } from './program.js'
import { foldConstants } from './rewrite/constants.js'
import { rewrite } from './rewrite.js'
import { type Bits, DEFAULT_BITS, resolveBits } from './scheme.js'
import { newSeen, rangesOf } from './seen.js'
import { withStandIns } from './stand-ins.js'

export type QuantizeOptions = {
  readonly bits?: Partial<Bits>
  /** By input name, in reals; an input that is not named takes its domain from the calibration samples. */
  readonly domains?: Readonly<Record<string, DeclaredDomain>>
  /** Samples that are not calibrated on, but that a domain which is not declared shall hold as well. */
  readonly alsoInDomain?: readonly Values[]
  /** `classification`: outputs whose last axis has two or more elements are scores of classes. */
  readonly task?: 'classification' | 'regression'
  /** Outputs from which the importer left out a Softmax: they are scores whatever the task. */
  readonly softmaxOutputs?: readonly string[]
  /** Whether weights are constants of the circuit (the default), or secret and bound by a commitment. */
  readonly weights?: Weights
  /** What functions become: `lines`, or `tables` where these are nearer, for circuits that look them up. */
  readonly functions?: Functions
}

export type Quantized = {
  readonly model: QuantizedModel
  /** What it takes from the samples: `prepareStored` needs no others to make the same model. */
  readonly calibration: Calibration
  readonly trace: Trace
}

/** How the integer program stands to the float one. */
export type Trace = {
  /** The float program after rewriting: the same outputs, fewer operators. */
  readonly graph: Graph
  /** For each tensor of the model the tensor of `graph` that it stands for, or -1. */
  readonly counterpart: readonly TensorId[]
  /** By tensor of `graph`: what calibration saw, rounded outward. */
  readonly ranges: readonly Range[]
  /** By tensor of the model that final sums make: how far these were moved, in integers (centre.ts). */
  readonly moved: ReadonlyMap<TensorId, Float64Array>
}

/** A float program that is ready to be quantized, with any bits: rewritten, and calibrated. */
export type Prepared = {
  readonly graph: Graph
  readonly ranges: readonly Range[]
  readonly calibration: readonly Values[]
  readonly options: QuantizeOptions
  /** What calibration saw of each element of a linear layer's result; found when it is first asked for. */
  readonly extremes: (tensor: TensorId) => Interval
  /** Samples with what the float program makes of them; found when they are first asked for. */
  readonly answers: () => ReturnType<typeof centreSamples>
  /** What an earlier build took from its samples, in their place. */
  readonly stored?: Calibration | undefined
}

/**
 * Quantizes `graph`. `calibration` holds samples, each one array an input port, row-major.
 *
 * Throws `BitsError`, `DomainError`, `UnknownInputError`, the errors of `calibrate`, `OutsideDomainError` for a sample
 * outside a declared domain, and `Bounds.OverflowError` where some layer's values could pass 2^52.
 */
export function quantize(
  graph: Graph,
  calibration: readonly Values[],
  options: QuantizeOptions = {},
): Quantized {
  const bits = resolveBits(options.bits)
  return quantizePrepared(prepare(graph, calibration, options), bits)
}

/** What no choice of bits changes. Throws the errors of `calibrate`. */
export function prepare(
  graph: Graph,
  calibration: readonly Values[],
  options: QuantizeOptions = {},
): Prepared {
  const rewritten = options.weights === 'committed' ? rewriteSecret(graph) : rewrite(graph)
  let found: ReturnType<typeof extremesOf> | undefined
  const extremes = (tensor: TensorId) => {
    found ??= extremesOf(rewritten, calibration)
    return found.get(tensor)!
  }
  let answered: ReturnType<typeof centreSamples> | undefined
  const answers = () => {
    answered ??= centreSamples(rewritten, calibration)
    return answered
  }
  const ranges = calibrate(rewritten, calibration).map(coarse)
  return { graph: rewritten, ranges, calibration, options, extremes, answers }
}

/** The same from what an earlier build took from its samples. Throws `MissingAnswerError` where it is another model's. */
export function prepareStored(
  graph: Graph,
  stored: Calibration,
  options: Pick<QuantizeOptions, 'domains' | 'softmaxOutputs' | 'weights' | 'functions'> = {},
): Prepared {
  const rewritten = options.weights === 'committed' ? rewriteSecret(graph) : rewrite(graph)
  return {
    graph: rewritten,
    ranges: rangesOf(rewritten, stored),
    calibration: [],
    options: { ...options, ...(stored.task && { task: stored.task }) },
    extremes: noSamples,
    answers: noSamples,
    stored,
  }
}

function noSamples(): never {
  throw new InternalError('Samples were asked for where only what was kept of them is there.')
}

/** Throws as `quantize` does. */
export function quantizePrepared(prepared: Prepared, asked: Partial<Bits> | undefined): Quantized {
  const { graph, ranges, calibration, options, extremes, answers, stored } = prepared
  const seen = newSeen(stored)
  const bits = resolveBits(asked)
  const { functions } = options
  const state = newLowering(graph, ranges, bits, newProgram(), calibration, extremes, seen, functions)

  const known = [...calibration, ...(options.alsoInDomain ?? []).filter(hasNumbers)]
  const inputs = declareInputs(state, known, options.domains ?? {})
  for (const [index, sample] of calibration.entries())
    quantizeInputs({ ...state.program, inputs }, sample, index)
  for (const node of graph.nodes) lower(state, node)
  const outputs = graph.outputs.map((port) => declareOutput(state, port, options))

  const { tensors, nodes, scales, counterpart } = state.program
  const notes = [
    ...graph.notes,
    ...state.notes,
    ...describeFits(state.fits),
    ...constantNotes(graph, options.weights),
  ]
  const written: QuantizedModel = { inputs, outputs, tensors, nodes, notes, scales }
  // what is known of secret weights must not show in the rest of the program
  const isSecret = options.weights === 'committed'
  const { model, moved } = isSecret
    ? { model: written, moved: new Map() }
    : centred(written, counterpart, answers, seen)
  boundsOf(model)
  const kept = seen.noted(graph, ranges, options.task)
  return { model, calibration: kept, trace: { graph, counterpart, ranges, moved } }
}

/** The program with stand-ins for its weights, rewritten by them: its structure then says nothing of the weights. */
export function rewriteSecret(graph: Graph): Graph {
  return withStandIns(rewrite(withStandIns(foldConstants(graph))))
}

function constantNotes({ nodes }: Graph, weights: Weights | undefined): string[] {
  if (weights !== 'committed') return []
  return nodes
    .filter(({ op }) => op.kind === 'constant' || op.kind === 'compare')
    .map(({ name, op }) =>
      op.kind === 'constant'
        ? `The constant "${name}" is no weight of a linear layer: it stays in the circuit, for all to see.`
        : `The thresholds of "${name}" are no weights of a linear layer: they stay in the circuit, for all to see.`,
    )
}

/** Bits of an input that is only compared, or rounded next: few pay for them, and each halves the samples that a rounding moves across. */
const COMPARED_BITS = 16

/** And a wide domain is as cheap: by its whole range at each side, since trees mind no outlier. */
const COMPARED_MARGIN = 1

/** Others are found where they are measured. */
function hasNumbers(sample: Values): boolean {
  return sample.every((values) => values.every(Number.isFinite))
}

function declareInputs(
  state: Lowering,
  known: readonly Values[],
  domains: Readonly<Record<string, DeclaredDomain>>,
): QuantizedInput[] {
  const { graph, program } = state
  for (const name of Object.keys(domains)) {
    if (!graph.inputs.some((port) => port.name === name)) throw new UnknownInputError(name, graph.inputs)
  }
  return graph.inputs.map((port, index) => {
    const info = graph.tensors[port.tensor]!
    const samples = known.map((sample) => sample[index]!)
    const input = { name: port.name, shape: info.shape, whole: port.whole }
    const isCompared = isOnlyCompared(port.tensor, state.consumers)
    const bits = isCompared ? Math.max(COMPARED_BITS, state.bits.input) : state.bits.input
    const margin = isCompared ? COMPARED_MARGIN : undefined
    const free =
      isCompared && port.whole === undefined && domains[port.name] === undefined && !isStrict(state, port)
    const own = state.seen.domain(port.name, () => {
      const full = domainOf(input, samples, bits, domains[port.name], margin)
      return free ? comparedDomain(samples, thresholdsOf(state, port.tensor), full) : full
    })
    if (free) noteIdle(state, port.name, own)
    const turns = port.whole === undefined && isRounded(port.tensor, state)
    const domain = turns ? inPowersOfTwo(own, COMPARED_BITS) : own
    const tensor = addInput(program, info, domain, port.tensor)
    state.forms[port.tensor] = { raw: tensor }
    return { name: port.name, tensor, lo: domain.lo, hi: domain.hi }
  })
}

/** Whether some comparison asks for more than a threshold: its grid must hold the threshold itself. */
function isStrict({ consumers }: Lowering, { tensor }: Port): boolean {
  return consumers[tensor]!.some(({ op }) => op.kind === 'compare' && op.strict?.includes(1))
}

/** Inputs of which every value means the same. */
function noteIdle(state: Lowering, name: string, { lo, hi }: Domain): void {
  const idle = Array.from(lo.keys()).filter((element) => lo[element] === hi[element])
  if (idle.length === 0) return
  state.notes.push(
    `Input "${name}": no threshold of the model is in the domain of its elements ${idle.join(', ')}, so that all their values stand for one integer.`,
  )
}

function declareOutput(state: Lowering, port: Port, options: QuantizeOptions): QuantizedOutput {
  const meaning = meaningOf(state, port, options)
  const made = raw(state, port.tensor)
  // scores are compared with each other, so they must share a scale; accumulators are wide, but cost nothing here
  const tensor = meaning === 'scores' ? aligned(state, [made])[0]! : made
  return { name: port.name, tensor, meaning }
}

/** Whatever the bits. */
export function meaningsOf({ graph, ranges, options }: Prepared): QuantizedOutput['meaning'][] {
  const state = newLowering(graph, ranges, DEFAULT_BITS, newProgram())
  return graph.outputs.map((port) => meaningOf(state, port, options))
}

/** Of the output that labels are taken from, where it gives scores. */
export function classesOf(prepared: Prepared): number | undefined {
  const { graph } = prepared
  const port = graph.outputs[meaningsOf(prepared).indexOf('scores')]
  return port && graph.tensors[port.tensor]!.shape.at(-1)
}

function meaningOf(state: Lowering, port: Port, options: QuantizeOptions): QuantizedOutput['meaning'] {
  let producer = state.producers[port.tensor]
  while (producer?.op.kind === 'rearrange' && producer.inputs.length === 1) {
    producer = state.producers[producer.inputs[0]!]
  }
  if (producer?.op.kind === 'argmax') return 'label'
  if (options.softmaxOutputs?.includes(port.name)) return 'scores'
  const classes = state.graph.tensors[port.tensor]!.shape.at(-1) ?? 1
  return options.task === 'classification' && classes >= 2 ? 'scores' : 'values'
}

export class UnknownInputError extends BaseError {
  override name = 'Quantize.UnknownInputError'
  constructor(
    readonly input: string,
    readonly inputs: readonly Port[],
  ) {
    super(`A domain is declared for input "${input}", which the model does not have.`, {
      details: [`its inputs are ${inputs.map((port) => `"${port.name}"`).join(', ')}`],
      hint: 'correct the name in the declared domains',
    })
  }
}
