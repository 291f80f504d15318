/**
 * What compiling a model would meet and cost, before anything is compiled and without writing anything: every blocker at
 * once, and the constraints, keys, proofs and gas that the compiled model would show.
 *
 * Each part stands for itself: where one fails, it says so among the blockers, and the others go on.
 */
import { ChoiceError } from '../artifacts/disclosure.js'
import type { Manifest } from '../artifacts/manifest.js'
import type { InputPort, SampleSet } from '../artifacts/samples/bind.js'
import type { Scheme } from '../artifacts/scheme.js'
import { signalCount } from '../artifacts/statement.js'
import { BaseError, messageOf } from '../base/errors.js'
import { estimateGas, type GasChoice, type GasEstimate, gasPlan } from '../chain/gas.js'
import { build, type Circuit, type CircuitCost, count } from '../circuit/circuit.js'
import { type Blueprint, draft, extentsOf } from '../circuit/synthesize.js'
import type { Values } from '../model/execute.js'
import type { Graph } from '../model/graph.js'
import { feedsOf } from '../onnx/agree.js'
import type { ModelFacts } from '../onnx/facts.js'
import { createInference } from '../onnx/ort.js'
import { type Survey, survey } from '../onnx/survey.js'
import type { UnsupportedNode } from '../onnx/unsupported.js'
import { estimateLookupProving, estimateProving, type ProvingCost, probe } from '../prover/estimate.js'
import { keyBytesOf } from '../prover/lookup/key-size.js'
import { TooLargeError } from '../prover/qap.js'
import { type Assumption, assumeSamples } from '../quantize/assume.js'
import { DomainError } from '../quantize/domain.js'
import { quantize, UnknownInputError } from '../quantize/quantize.js'
import { BitsError } from '../quantize/scheme.js'
import type { Tried } from './choose.js'
import type { CompileOptions } from './compile.js'
import { costOf, layersOf } from './describe.js'
import { type LoadedFixed, loadFixed, namedConstants } from './fixed.js'
import { portsOf, type Quantization, quantizeModel } from './quantization.js'
import { readSamples, type SplitSamples } from './samples.js'

export type DoctorOptions = Pick<
  CompileOptions,
  | 'model'
  | 'data'
  | 'holdout'
  | 'disclose'
  | 'weights'
  | 'bits'
  | 'maxFlip'
  | 'maxError'
  | 'domains'
  | 'dims'
  | 'fix'
  | 'outputs'
> & {
  /** Told what begins, and of a search for bits how many were tried. */
  readonly onStep?: (step: DoctorStep, trial?: number) => void
}

export type DoctorStep = 'import' | 'calibrate' | 'search' | 'measure' | 'count' | 'time'

export type Diagnosis = {
  /** Whether the model would compile. */
  readonly usable: boolean
  readonly model: ModelFacts
  readonly blockers: readonly Blocker[]
  readonly samples: SamplesUsed | undefined
  /** Of the integer program; with blockers, of the part that can be imported. */
  readonly layers: Manifest['layers']
  /** Undefined where there are blockers: nothing can be said of the whole then. */
  readonly cost: Cost | undefined
  readonly notes: readonly string[]
}

export type Blocker = UnsupportedNode & { readonly exportAgain: string }

export type SamplesUsed =
  | { readonly from: 'data'; readonly count: number }
  | { readonly from: 'assumption'; readonly assumptions: readonly Assumption[] }

export type Cost = {
  readonly constraints: number
  readonly inputConstraints: number
  /** Of secret weights; 0 where they are constants. */
  readonly weightConstraints: number
  readonly statementConstraints: number
  readonly wires: number
  readonly publicSignals: number
  /** Undefined for a circuit that no key can be made for. */
  readonly proving: ProvingCost | undefined
  readonly gas: GasEstimate
  /** Of a proof on a chain, without its signals. */
  readonly proofBytes: number
  /** What showing more or less would cost. */
  readonly gasPlan: readonly GasChoice[]
  /** The same model in the scheme with lookups. */
  readonly lookup: LookupCost
}

export type LookupCost = {
  /** What the notes say otherwise there: of functions, which are tables. */
  readonly notes: readonly string[]
  readonly constraints: number
  readonly wires: number
  readonly lookups: number
  readonly tables: number
  readonly tableEntries: number
  /** Undefined for a circuit that no key can be made for. */
  readonly proving: ProvingCost | undefined
  /** Of a recorded prediction, above the other scheme's. */
  readonly moreGas: number
  readonly proofBytes: number
}

/**
 * Throws for what cannot be read or was asked for wrongly: `ModelFileError`, `TensorError`, `DimensionError`,
 * `OutputError`, and those of `namedConstants`. All else is in the diagnosis.
 */
export async function doctor(options: DoctorOptions): Promise<Diagnosis> {
  const step = options.onStep ?? (() => {})
  step('import')
  const opened = await open(options)
  const blockers: UnsupportedNode[] = [...opened.blockers]
  step('calibrate')
  const ready = await attempt(blockers, 'quantization', () => quantized(options, opened, blockers))
  step('count')
  const counted = ready && (await attempt(blockers, 'circuit', async () => countCircuit(ready.blueprint)))
  const usable = blockers.length === 0
  step('time')
  const cost = usable && ready?.lookup && counted ? await costsOf(ready, ready.lookup, counted) : undefined
  return {
    usable,
    model: opened.facts,
    blockers: blockers.map((blocker) => ({ ...blocker, exportAgain: opened.facts.exportAgain })),
    samples: ready?.samples,
    layers: ready && counted ? layersOf(ready.blueprint, counted) : [],
    cost,
    notes: usable ? (ready?.notes ?? []) : opened.facts.notes,
  }
}

/** With the model as compiling loads it, where nothing stands in the way. */
type Opened = Survey & { readonly source?: LoadedFixed }

/** A survey cannot take constants from samples; compiling does, so where it might, it has the last word. */
async function open(options: DoctorOptions): Promise<Opened> {
  const { dims, outputs, fix } = options
  const constants = fix === undefined ? {} : await namedConstants(options)
  const found = await survey(options.model, { constants, ...(dims && { dims }), ...(outputs && { outputs }) })
  if (found.blockers.some(({ inputs = [] }) => inputs.length === 0)) return found
  try {
    const source = await loadFixed(options)
    const operators = found.facts.operators.map((operator) => ({ ...operator, unsupported: 0 }))
    return { ...found, source, facts: { ...found.facts, operators }, blockers: [] }
  } catch (error) {
    if (found.blockers.length > 0) return found
    return { ...found, blockers: [blockerOf('the whole model', 'import', error)] }
  }
}

/** What was asked for wrongly, rather than what the model lacks. */
const USAGE = [BitsError, ChoiceError, DomainError, UnknownInputError]

/** Undefined where it fails, which is then one more blocker. */
async function attempt<T>(
  blockers: UnsupportedNode[],
  what: string,
  act: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await act()
  } catch (error) {
    if (USAGE.some((kind) => error instanceof kind)) throw error
    blockers.push(blockerOf(nodeOf(error), what, error))
    return undefined
  }
}

function blockerOf(node: string, operator: string, error: unknown): UnsupportedNode {
  const known = error instanceof BaseError
  const [first = ''] = messageOf(error).split('\n', 1)
  const reason = [first.replace(/\.$/, ''), ...(known ? error.details : [])].join('; ')
  const hint =
    (known ? error.hint : undefined) ?? 'this is a fault of zkonnx: please report it with the model'
  return { node, operator, opset: 0, reason, hint }
}

function nodeOf(error: unknown): string {
  if (error instanceof BaseError && 'node' in error && typeof error.node === 'string') return error.node
  return 'the whole model'
}

type Ready = {
  readonly blueprint: Blueprint
  /** Of the program that compiling for lookups makes; none of a part of a model. */
  readonly lookup?: Blueprint
  readonly samples: SamplesUsed
  readonly notes: readonly string[]
}

/** As compiling would have it, on the samples that are there, or on those that it would draw; else on assumed ones. */
async function quantized(
  options: DoctorOptions,
  opened: Opened,
  blockers: UnsupportedNode[],
): Promise<Ready | undefined> {
  const { source } = opened
  if (source === undefined) return quantizedPart(options, opened)
  const ports = portsOf(source)
  const given = await givenSamples(options, source, ports, blockers)
  const assumed = assumeSamples(source.graph, opened.types, options.domains)
  const samples = given ?? assumedSamples(assumed.rows)
  // a search would be for the bits that random inputs need
  const bits = options.bits === 'auto' ? undefined : options.bits
  const chosen = given === undefined ? { ...options, bits: bits ?? {} } : options
  const tried: Tried = new Map()
  const made = await quantizeModel(source, samples, undefined, { ...chosen, tried }, (step, trial) =>
    options.onStep?.(step, trial),
  )
  // functions become tables there; all else is the same
  const withTables = hasFunctions(made)
    ? await quantizeModel(
        source,
        samples,
        undefined,
        { ...chosen, tried, scheme: 'groth16-lookup' },
        () => {},
      )
    : made
  return {
    blueprint: draft(made.quantized.model, options.disclose),
    lookup: draft(withTables.quantized.model, options.disclose, 'groth16-lookup'),
    notes: [...made.quantized.model.notes, ...samples.remarks, ...made.remarks],
    samples: usedOf(options, given, assumed.assumptions),
  }
}

function hasFunctions({ quantized: { trace } }: Quantization): boolean {
  return trace.graph.nodes.some(({ op }) => op.kind === 'smooth')
}

/** The sound part of a model; undefined where there is none. */
async function quantizedPart(options: DoctorOptions, opened: Opened): Promise<Ready | undefined> {
  if (opened.imported === undefined) return undefined
  const { graph, softmaxOutputs } = opened.imported
  const own = graph.inputs.filter(({ name }) => !opened.standIns.includes(name))
  const assumed = assumeSamples(graph, opened.types, only(options.domains, own))
  const rows = await withStandIns(opened, graph, own, assumed.rows)
  const { model } = quantize(graph, rows, {
    softmaxOutputs,
    domains: only(assumed.domains, own),
    ...(typeof options.bits === 'object' && { bits: options.bits }),
    ...(options.weights && { weights: options.weights }),
  })
  return {
    // the part has other ports than those that the choices about the statement are about
    blueprint: draft(model, 'private'),
    notes: [],
    samples: { from: 'assumption', assumptions: assumed.assumptions.slice(0, own.length) },
  }
}

/** Undefined where there are none. Samples that do not fit the model are one more blocker. */
async function givenSamples(
  { data, holdout, domains = {} }: DoctorOptions,
  { fixed }: LoadedFixed,
  ports: readonly InputPort[],
  blockers: UnsupportedNode[],
): Promise<SplitSamples | undefined> {
  if (data === undefined && !ports.every(({ name }) => domains[name] !== undefined)) return undefined
  try {
    return await readSamples({ ...(data && { data }), ...(holdout && { holdout }), domains, fixed }, ports)
  } catch (error) {
    blockers.push(blockerOf(data ?? 'the declared domains', 'samples', error))
    return undefined
  }
}

function assumedSamples(rows: readonly (readonly Float64Array[])[]): SplitSamples {
  const set = (part: typeof rows): SampleSet => ({
    file: 'assumed samples',
    rows: part,
    labels: undefined,
    places: part.map((_, at) => at),
    where: (_, port, element) => `element ${element} of input ${port}`,
  })
  return { calibration: set(rows), heldOut: set([]), files: [], remarks: [] }
}

function usedOf(
  { data }: DoctorOptions,
  given: SplitSamples | undefined,
  assumptions: readonly Assumption[],
): SamplesUsed {
  if (given === undefined || data === undefined) return { from: 'assumption', assumptions }
  return { from: 'data', count: given.calibration.rows.length }
}

/** The samples with the values of stand-ins that ONNX Runtime computes; where it cannot, they stay random. */
async function withStandIns(
  { standIns, runtimeModel }: Opened,
  graph: Graph,
  own: Graph['inputs'],
  rows: readonly Values[],
): Promise<readonly Values[]> {
  if (standIns.length === 0 || runtimeModel === undefined) return rows
  const others = graph.inputs.slice(own.length)
  const inference = await createInference(runtimeModel).catch(() => undefined)
  try {
    const full: Values[] = []
    for (const row of rows) {
      const names = own.map(({ name }) => name)
      const results = await inference!.run(feedsOf(names, inference!, row))
      const values = others.map(({ name }) => results[name]!.data)
      if (!values.every((tensor) => tensor.every(Number.isFinite))) return rows
      full.push([...row.slice(0, own.length), ...values])
    }
    return full
  } catch {
    return rows
  } finally {
    await inference?.release()
  }
}

/** Two points of G1 and one of G2; the commitment is one of G1 more. */
const PROOF_BYTES = { groth16: 2 * 64 + 128, 'groth16-lookup': 3 * 64 + 128 } as const satisfies Readonly<
  Record<Scheme, number>
>

/** Beyond this many constraints the entries are bounded rather than counted, to keep memory small. */
const MOST_BUILT = 2 ** 20

type Counted = CircuitCost & { readonly built?: Circuit }

function countCircuit(blueprint: Blueprint): Counted {
  const cost = count(blueprint)
  if (cost.constraints > MOST_BUILT) return cost
  const built = build(blueprint)
  const { a, b } = built.r1cs
  return { ...cost, entries: a.wire.length + b.wire.length, built }
}

async function costsOf({ blueprint }: Ready, withTables: Blueprint, cost: CircuitCost): Promise<Cost> {
  const { statement } = blueprint
  const ports = extentsOf(blueprint)
  const publicSignals = signalCount(statement)
  const { constraints, wires } = cost
  return {
    constraints,
    wires,
    publicSignals,
    inputConstraints: costOf(cost, 'input'),
    weightConstraints: costOf(cost, 'weights'),
    statementConstraints: costOf(cost, 'statement'),
    proving: await provingOf({ ...cost, publicSignals }),
    gas: estimateGas(statement),
    proofBytes: PROOF_BYTES.groth16,
    gasPlan: gasPlan(ports.inputs, ports.outputs, { model: statement.model?.commitment }),
    lookup: await lookupCostOf(withTables, blueprint),
  }
}

async function lookupCostOf(blueprint: Blueprint, plain: Blueprint): Promise<LookupCost> {
  const cost = countCircuit(blueprint)
  const { constraints, wires, lookups, tables, tableEntries } = cost
  const publicSignals = signalCount(blueprint.statement)
  const sizes = { constraints, wires, entries: cost.entries, publicSignals, lookups, tableEntries }
  const slowness = await probe()
  const proving = orTooLarge(() =>
    estimateLookupProving({ ...sizes, keyBytes: cost.built && keyBytes(cost.built) }, slowness),
  )
  return {
    notes: blueprint.model.notes.filter((note) => !plain.model.notes.includes(note)),
    constraints,
    wires,
    lookups,
    tables,
    tableEntries,
    proving,
    moreGas: moreGasOf(blueprint.statement),
    proofBytes: PROOF_BYTES['groth16-lookup'],
  }
}

function keyBytes({ r1cs, lookups }: Circuit): number | undefined {
  return lookups && keyBytesOf(r1cs, lookups)
}

function moreGasOf(statement: Blueprint['statement']): number {
  return estimateGas(statement, 'groth16-lookup').record - estimateGas(statement).record
}

/** Undefined for a circuit that no key can be made for. */
async function provingOf(sizes: Parameters<typeof estimateProving>[0]): Promise<ProvingCost | undefined> {
  const slowness = await probe()
  return orTooLarge(() => estimateProving(sizes, slowness))
}

function orTooLarge(estimate: () => ProvingCost): ProvingCost | undefined {
  try {
    return estimate()
  } catch (error) {
    if (error instanceof TooLargeError) return undefined
    throw error
  }
}

function only<T>(values: Readonly<Record<string, T>> | undefined, ports: Graph['inputs']): Record<string, T> {
  const names = new Set(ports.map(({ name }) => name))
  return Object.fromEntries(Object.entries(values ?? {}).filter(([name]) => names.has(name)))
}
