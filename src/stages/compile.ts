/**
 * From an ONNX file and samples to a compiled model's folder: fold, import, calibrate, quantize, measure, constrain,
 * write. The manifest is written last, so that a folder is compiled whole or not at all.
 */
import { rm } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { encodeCalibration } from '../artifacts/calibration.js'
import type { DisclosureOptions } from '../artifacts/disclosure.js'
import { digestGraph } from '../artifacts/graph-digest.js'
import { encode as encodeR1cs } from '../artifacts/iden3/r1cs.js'
import * as Sym from '../artifacts/iden3/sym.js'
import * as LookupsFile from '../artifacts/lookups.js'
import {
  type Derivation,
  type Manifest,
  readManifest,
  schemeOf,
  type Weights,
} from '../artifacts/manifest.js'
import {
  findModelOpening,
  type ModelOpening,
  openingOf,
  opens,
  writeModelOpening,
} from '../artifacts/model-opening.js'
import { FILES, type FileName, pathOf } from '../artifacts/paths.js'
import * as ProgramFile from '../artifacts/program-file.js'
import type { Scheme } from '../artifacts/scheme.js'
import { ensureDir, readBytes, writeAtomic, writeJson } from '../artifacts/store.js'
import { sha256 } from '../base/digest.js'
import { build, type Circuit } from '../circuit/circuit.js'
import { type Blueprint, draft } from '../circuit/synthesize.js'
import type { Dims } from '../onnx/dims.js'
import type { DeclaredDomain } from '../quantize/domain.js'
import type { Fidelity } from '../quantize/fidelity.js'
import type { Quantized } from '../quantize/quantize.js'
import type { Bits } from '../quantize/scheme.js'
import { freshSalt } from '../workers/extras.js'
import { describeModel } from './describe.js'
import { type Fix, loadFixed } from './fixed.js'
import { assertSameCircuit, copyKeys, LikeOptionError, openPattern, type Pattern } from './like.js'
import { portsOf, quantizeModel } from './quantization.js'
import { readSamples } from './samples.js'

export type CompileOptions = {
  /** The ONNX file; external data is looked for beside it. */
  readonly model: string
  /** Samples to calibrate on, with labels where there are any; without, random ones from the declared domain. */
  readonly data?: string
  /** Samples to measure fidelity on; without, every third of `data`. */
  readonly holdout?: string
  /** The folder to write. */
  readonly out: string
  /** What the statement shows of inputs and outputs; by default all of both. */
  readonly disclose?: DisclosureOptions
  /** Whether weights are constants of the circuit (the default), or secret and bound by a commitment. */
  readonly weights?: Weights
  /** How it is proven: by default `groth16`. */
  readonly scheme?: Scheme
  /** The folder of a committed model of the same architecture, whose circuit and keys this one is to share. */
  readonly like?: string
  /** `auto` (the default, unless weights are secret): the cheapest bits that keep to the target. */
  readonly bits?: 'auto' | Partial<Bits>
  readonly domains?: Readonly<Record<string, DeclaredDomain>>
  readonly dims?: Dims
  /** Inputs that are constants of the circuit, such as axes and shapes. */
  readonly fix?: Readonly<Record<string, Fix>>
  /** The names of the model's classes, in the order of its scores; by default those that its file tells. */
  readonly classes?: readonly string[]
  /** Outputs to prove; by default all. */
  readonly outputs?: readonly string[]
  /** Refuse to compile when more than this share of labels (0 to 1) flips on the held-out samples. */
  readonly maxFlip?: number
  /** Refuse to compile when a number that the model gives is off by more than this part (0 to 1) of its range. */
  readonly maxError?: number
  /** Told the name of each step as it begins, and of a search how many bits were tried. */
  readonly onStep?: (step: CompileStep, trial?: number) => void
}

export type CompileStep = 'import' | 'calibrate' | 'search' | 'measure' | 'constrain' | 'write'

export type Compiled = {
  readonly dir: string
  readonly manifest: Manifest
  /** Undefined where there are no held-out samples. */
  readonly fidelity: Fidelity | undefined
  readonly circuit: Circuit
  /** Whether the keys of the folder that it was compiled like were copied. */
  readonly keysCopied: boolean
}

/**
 * Compiles a model. Throws the typed errors of each stage; where the target is missed an error that says by how much; those of like.ts
 * and `Quantize.ArchitectureError` for a model that cannot share the circuit of the one that it is to be like.
 */
export async function compile(options: CompileOptions): Promise<Compiled> {
  const step = options.onStep ?? (() => {})
  step('import')
  const pattern = await patternOf(options)
  const source = await loadFixed(options)
  const samples = await readSamples({ ...options, fixed: source.fixed }, portsOf(source))
  const disclose = options.disclose ?? pattern?.disclose
  const { quantized, fidelity, quantization, remarks } = await quantizeModel(
    source,
    samples,
    pattern,
    { ...options, ...(disclose && { disclose }) },
    step,
  )
  step('constrain')
  const scheme = options.scheme ?? (pattern === undefined ? 'groth16' : schemeOf(pattern.manifest))
  const blueprint = draft(quantized.model, disclose, scheme)
  const circuit = build(blueprint)
  const r1cs = encodeR1cs(circuit.r1cs)
  const files = await digestFiles(source.files)
  const written = filesOf(source.runtimeModel, quantized, circuit)
  const derivation = { graph: digestGraph(source.graph), files: digestsOf(written) }
  const opening = await openingFor(options.out, blueprint, { files, derivation })
  const described = describeModel({
    name: basename(options.model, extname(options.model)),
    files,
    data: samples.files,
    options: recorded(options),
    fixed: source.fixed,
    classes: { given: options.classes, told: source.classNames },
    blueprint,
    circuit,
    r1cs: sha256(r1cs),
    quantization,
    fidelity,
    remarks: [...samples.remarks, ...remarks],
    derivation,
    commitment: opening?.commitment,
  })
  if (pattern !== undefined) assertSameCircuit(pattern, described)
  step('write')
  const setup = await keptSetup(options.out, described)
  await beginFolder(options.out, opening, circuit)
  const keysCopied = pattern !== undefined && (await copyKeys(pattern, options.out))
  const keys = keysCopied ? pattern.manifest.setup : setup
  const manifest = keys === undefined ? described : { ...described, setup: keys }
  await writeFolder(options.out, { ...written, r1cs }, manifest)
  return { dir: options.out, manifest, fidelity, circuit, keysCopied }
}

/** Keys outlive a compilation that gives the same circuit again, and so does what is known of them. */
async function keptSetup(dir: string, { circuit }: Manifest): Promise<Manifest['setup']> {
  const before = await readManifest(dir).catch(() => undefined)
  const same =
    before?.circuit.sha256 === circuit.sha256 && before.circuit.lookups?.sha256 === circuit.lookups?.sha256
  return same ? before.setup : undefined
}

/** Throws `LikeOptionError` for what the pattern has chosen already. */
async function patternOf(options: CompileOptions): Promise<Pattern | undefined> {
  if (options.like === undefined) return undefined
  for (const option of ['bits', 'domains'] as const) {
    if (options[option] !== undefined) throw new LikeOptionError(option)
  }
  if (options.scheme !== undefined) throw new LikeOptionError('scheme')
  if (options.weights === 'fixed') throw new LikeOptionError('fixed weights')
  return openPattern(options.like)
}

/** Undefined where the weights are fixed. A folder that holds the same model keeps its salt, and so its commitment. */
async function openingFor(
  dir: string,
  { model, statement }: Blueprint,
  known: Pick<ModelOpening, 'files' | 'derivation'>,
): Promise<ModelOpening | undefined> {
  if (statement.model === undefined) return undefined
  const salted = statement.model.commitment?.salted === true
  const before = await findModelOpening(dir)
  const keeps = before !== undefined && (before.salt !== undefined) === salted && opens(before, model)
  if (keeps) return { ...before, ...known }
  return openingOf(model, salted ? freshSalt() : undefined, known)
}

/** From here on the folder is not compiled, until its manifest is written. */
async function beginFolder(
  dir: string,
  opening: ModelOpening | undefined,
  { lookups }: Circuit,
): Promise<void> {
  await ensureDir(dir)
  await rm(pathOf(dir, 'manifest'), { force: true })
  if (lookups === undefined) await rm(pathOf(dir, 'lookups'), { force: true })
  if (opening === undefined) await rm(pathOf(dir, 'modelOpening'), { force: true })
  else await writeModelOpening(dir, opening)
}

/** The options that the result depends on, as the manifest keeps them. */
function recorded(options: CompileOptions): Record<string, unknown> {
  return {
    ...picked(
      options,
      'disclose',
      'bits',
      'domains',
      'dims',
      'fix',
      'classes',
      'outputs',
      'maxFlip',
      'maxError',
      'weights',
      'scheme',
    ),
    ...(options.like === undefined ? {} : { weights: 'committed' }),
  }
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

type Written = Partial<Record<FileName, Uint8Array | string>>

/** All that stands beside manifest and circuit. */
export function filesOf(
  onnx: Uint8Array,
  { model, calibration }: Pick<Quantized, 'model' | 'calibration'>,
  circuit: Circuit,
): Written {
  const { structure, arrays } = ProgramFile.encode(model)
  return {
    onnx,
    calibration: encodeCalibration(calibration),
    program: `${JSON.stringify(structure)}\n`,
    arrays,
    sym: Buffer.from([...Sym.encode(symbolsOf(circuit))].join('')),
    ...(circuit.lookups === undefined ? {} : { lookups: LookupsFile.encode(circuit.lookups) }),
  }
}

function digestsOf(files: Written): Derivation['files'] {
  return Object.fromEntries(
    Object.entries(files).map(([file, content]) => [FILES[file as FileName], sha256(content)]),
  )
}

async function writeFolder(dir: string, files: Written, manifest: Manifest): Promise<void> {
  for (const [file, content] of Object.entries(files))
    await writeAtomic(pathOf(dir, file as FileName), content)
  await writeJson(pathOf(dir, 'manifest'), manifest)
}

function* symbolsOf({ r1cs, wireName }: Circuit): Generator<Sym.Symbol> {
  for (let wire = 1; wire < r1cs.wires; wire++)
    yield { label: wire, wire, component: 0, name: wireName(wire) }
}
