/**
 * From an ONNX file and samples to a compiled model's folder: fold, import, calibrate, quantize, measure, constrain,
 * write. The manifest is written last, so that a folder is compiled whole or not at all.
 */
import { rm } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { DisclosureOptions } from '../artifacts/disclosure.js'
import { encode as encodeR1cs } from '../artifacts/iden3/r1cs.js'
import * as Sym from '../artifacts/iden3/sym.js'
import type { Manifest } from '../artifacts/manifest.js'
import { type FileName, pathOf } from '../artifacts/paths.js'
import * as ProgramFile from '../artifacts/program-file.js'
import type { SampleSet } from '../artifacts/samples/bind.js'
import { loadFor } from '../artifacts/samples/load.js'
import { split } from '../artifacts/samples/split.js'
import { ensureDir, readBytes, writeAtomic, writeJson } from '../artifacts/store.js'
import { sha256 } from '../base/digest.js'
import { build, type Circuit } from '../circuit/circuit.js'
import { type Blueprint, draft } from '../circuit/synthesize.js'
import type { Dims } from '../onnx/dims.js'
import { loadModel } from '../onnx/load.js'
import type { DeclaredDomain } from '../quantize/domain.js'
import { assertFlips, type Fidelity } from '../quantize/fidelity.js'
import { quantize } from '../quantize/quantize.js'
import type { Bits } from '../quantize/scheme.js'
import { describeModel } from './describe.js'
import { measure } from './measure.js'

export type CompileOptions = {
  /** The ONNX file; external data is looked for beside it. */
  readonly model: string
  /** Samples to calibrate on, with labels where there are any. */
  readonly data: string
  /** Samples to measure fidelity on; without, every third of `data`. */
  readonly holdout?: string
  /** The folder to write. */
  readonly out: string
  /** What the statement shows of inputs and outputs; by default all of both. */
  readonly disclose?: DisclosureOptions
  readonly bits?: Partial<Bits>
  readonly domains?: Readonly<Record<string, DeclaredDomain>>
  readonly dims?: Dims
  /** Outputs to prove; by default all. */
  readonly outputs?: readonly string[]
  /** Refuse to compile when more than this share of labels (0 to 1) flips on the held-out samples. */
  readonly maxFlip?: number
  /** Told the name of each step as it begins. */
  readonly onStep?: (step: CompileStep) => void
}

export type CompileStep = 'import' | 'calibrate' | 'measure' | 'constrain' | 'write'

export type Compiled = {
  readonly dir: string
  readonly manifest: Manifest
  /** Undefined where there are no held-out samples. */
  readonly fidelity: Fidelity | undefined
  readonly circuit: Circuit
}

/**
 * Compiles a model. Throws the typed errors of each stage; `FlipTargetError` where the target is missed.
 */
export async function compile(options: CompileOptions): Promise<Compiled> {
  const step = options.onStep ?? (() => {})
  step('import')
  const source = await loadModel(options.model, picked(options, 'dims', 'outputs'))
  const ports = source.graph.inputs.map(({ name, tensor }) => ({
    name,
    shape: source.graph.tensors[tensor]!.shape,
  }))
  const samples = await readSamples(options, ports)
  step('calibrate')
  const quantized = quantize(source.graph, samples.calibration.rows, {
    ...picked(options, 'bits', 'domains'),
    ...(samples.calibration.labels === undefined ? {} : { task: taskOf(samples.calibration.labels) }),
    softmaxOutputs: source.softmaxOutputs,
  })
  step('measure')
  const fidelity = await measure(source, quantized, samples.heldOut)
  if (options.maxFlip !== undefined && fidelity !== undefined) assertFlips(fidelity, options.maxFlip)
  step('constrain')
  const blueprint = draft(quantized.model, options.disclose)
  const circuit = build(blueprint)
  const r1cs = encodeR1cs(circuit.r1cs)
  step('write')
  const manifest = describeModel({
    name: basename(options.model, extname(options.model)),
    files: await digestFiles(source.files),
    data: samples.files,
    options: recorded(options),
    blueprint,
    circuit,
    r1cs: sha256(r1cs),
    fidelity,
  })
  await writeFolder(options.out, source.runtimeModel, blueprint, circuit, r1cs, manifest)
  return { dir: options.out, manifest, fidelity, circuit }
}

/** The options that the result depends on, as the manifest keeps them. */
function recorded(options: CompileOptions): Record<string, unknown> {
  return picked(options, 'disclose', 'bits', 'domains', 'dims', 'outputs', 'maxFlip')
}

/** Those of the named options that were given. */
function picked<K extends keyof CompileOptions>(
  options: CompileOptions,
  ...names: K[]
): Pick<CompileOptions, K> {
  const given = names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]))
  return Object.fromEntries(given) as Pick<CompileOptions, K>
}

async function digestFiles(
  paths: readonly string[],
): Promise<{ name: string; sha256: `sha256:${string}` }[]> {
  return Promise.all(
    paths.map(async (path) => ({ name: basename(path), sha256: sha256(await readBytes(path)) })),
  )
}

type SplitSamples = {
  readonly calibration: SampleSet
  readonly heldOut: SampleSet
  readonly files: Manifest['data']
}

async function readSamples(
  { data, holdout }: CompileOptions,
  ports: readonly { name: string; shape: readonly number[] }[],
): Promise<SplitSamples> {
  const set = await loadFor(data, ports)
  const [file] = await digestFiles([data])
  if (holdout === undefined) return { ...split(set), files: [{ ...file!, role: 'data' }] }
  const [heldOutFile] = await digestFiles([holdout])
  return {
    calibration: set,
    heldOut: await loadFor(holdout, ports),
    files: [
      { ...file!, role: 'data' },
      { ...heldOutFile!, role: 'holdout' },
    ],
  }
}

/** Whole labels: classes. Anything else: numbers. */
function taskOf(labels: Float64Array): 'classification' | 'regression' {
  return labels.every((label) => Number.isInteger(label) && label >= 0) ? 'classification' : 'regression'
}

async function writeFolder(
  dir: string,
  onnx: Uint8Array,
  { model }: Blueprint,
  circuit: Circuit,
  r1cs: Uint8Array,
  manifest: Manifest,
): Promise<void> {
  await ensureDir(dir)
  await rm(pathOf(dir, 'manifest'), { force: true })
  const program = ProgramFile.encode(model)
  const files: Partial<Record<FileName, Uint8Array | string>> = {
    onnx,
    program: `${JSON.stringify(program.structure)}\n`,
    arrays: program.arrays,
    r1cs,
    sym: Buffer.from([...Sym.encode(symbolsOf(circuit))].join('')),
  }
  for (const [file, content] of Object.entries(files))
    await writeAtomic(pathOf(dir, file as FileName), content)
  await writeJson(pathOf(dir, 'manifest'), manifest)
}

function* symbolsOf({ r1cs, wireName }: Circuit): Generator<Sym.Symbol> {
  for (let wire = 1; wire < r1cs.wires; wire++)
    yield { label: wire, wire, component: 0, name: wireName(wire) }
}
