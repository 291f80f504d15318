/** Whether a compiled model's circuit, or any circuit in iden3's files, holds a dishonest prover. */
import { decode as decodeR1cs } from '../artifacts/iden3/r1cs.js'
import * as Sym from '../artifacts/iden3/sym.js'
import { decode as decodeWtns } from '../artifacts/iden3/wtns.js'
import { decode as decodeLookups } from '../artifacts/lookups.js'
import { type Manifest, readManifest, schemeOf } from '../artifacts/manifest.js'
import { pathOf } from '../artifacts/paths.js'
import { readProgram } from '../artifacts/program-file.js'
import { loadFor } from '../artifacts/samples/load.js'
import { readBytes, readText } from '../artifacts/store.js'
import { attackModel, attackSystem, DEFAULTS, type Report } from '../attack/attack.js'
import { assignmentOf, edgeInputs, randomInputs } from '../attack/inputs.js'
import { openLookups, openSystem, type System, valuesOf } from '../attack/system.js'
import { BaseError } from '../base/errors.js'
import { Random } from '../base/random.js'
import { blueprintOf } from '../circuit/compiled.js'
import type { Values } from '../model/execute.js'
import type { QuantizedModel } from '../model/quantized.js'
import { quantizeInputs } from '../quantize/input.js'

type Effort = {
  readonly seed?: number
  /** Lies told to each kind of hint, on each sample. */
  readonly lies?: number
  /** Groups of wires edited, on each sample. */
  readonly groups?: number
  /** Told what begins. */
  readonly onStep?: (step: string) => void
}

export type AttackOptions = Effort & {
  /** The folder of the compiled model. */
  readonly dir: string
  /** A file of samples; without, seeded ones from the declared domain. */
  readonly input?: string
  /** At most so many samples, beside the edges of the domain. */
  readonly limit?: number
}

export type AttackFilesOptions = Effort & {
  readonly r1cs: string
  /** Honest witnesses. */
  readonly wtns: readonly string[]
  readonly sym?: string
  /**
   * Beginnings of the names of the wires that a prover cannot choose; without, all that the header counts as inputs,
   * public and private. Advice that a circuit takes in as an input is only seen as such when it is left out here.
   */
  readonly inputs?: readonly string[]
}

const DEFAULT_LIMIT = 2

/**
 * Attacks the constraints in the folder's `circuit.r1cs`, which are what keys are made from. Throws the store's errors,
 * `Iden3.MalformedFileError`, `Attack.UnsatisfiedError`, and for samples what loading and quantizing them throws.
 */
export async function attack(options: AttackOptions): Promise<Report> {
  const { dir, limit = DEFAULT_LIMIT } = options
  const manifest = await readManifest(dir)
  const blueprint = blueprintOf(manifest, await readProgram(dir))
  const system =
    schemeOf(manifest) === 'groth16'
      ? await readSystem(pathOf(dir, 'r1cs'), pathOf(dir, 'sym'))
      : await readLookups(dir)
  const random = new Random(options.seed ?? DEFAULTS.seed)
  const { model } = blueprint
  const samples =
    options.input === undefined
      ? Array.from({ length: limit }, () => randomInputs(model, random))
      : await readSamples(options.input, manifest, model, limit)
  const assignments = [...samples, ...edgeInputs(model)].map((inputs) =>
    assignmentOf(blueprint, inputs, random),
  )
  return attackModel(blueprint, system, assignments, effortOf(options))
}

/** Attacks a circuit of any origin. Throws as `attack` does, and `UnnamedInputsError`. */
export async function attackFiles(options: AttackFilesOptions): Promise<Report> {
  const system = await readSystem(options.r1cs, options.sym, options.inputs)
  const witnesses = await Promise.all(
    options.wtns.map(async (path) => valuesOf(decodeWtns(await readBytes(path), path))),
  )
  return attackSystem(system, witnesses, effortOf(options))
}

async function readLookups(dir: string): Promise<System> {
  const [r1cs, lookups, sym] = (['r1cs', 'lookups', 'sym'] as const).map((file) => pathOf(dir, file)) as [
    string,
    string,
    string,
  ]
  const circuit = decodeR1cs(await readBytes(r1cs), r1cs)
  const nameOf = Sym.namesByWire(Sym.decode(await readText(sym), sym))
  return openLookups(circuit, decodeLookups(await readBytes(lookups), lookups), nameOf)
}

async function readSystem(r1cs: string, sym?: string, prefixes?: readonly string[]): Promise<System> {
  const circuit = decodeR1cs(await readBytes(r1cs), r1cs, 'any')
  const nameOf = Sym.namesByWire(sym === undefined ? [] : Sym.decode(await readText(sym), sym))
  if (prefixes === undefined) return openSystem(circuit, nameOf)
  const isInput = (wire: number) => prefixes.some((prefix) => nameOf(wire).startsWith(prefix))
  const wires = Array.from({ length: circuit.wires }, (_, wire) => wire)
  const unused = prefixes.find((prefix) => !wires.some((wire) => nameOf(wire).startsWith(prefix)))
  if (unused !== undefined) throw new UnnamedInputsError(unused, sym, nameOf(1))
  return openSystem(circuit, nameOf, isInput)
}

async function readSamples(
  file: string,
  { inputs, fixed }: Manifest,
  model: QuantizedModel,
  limit: number,
): Promise<Values[]> {
  const { rows, places } = await loadFor(file, inputs, fixed)
  return rows.slice(0, limit).map((row, i) => quantizeInputs(model, row, places[i]))
}

function effortOf(options: Effort) {
  const { seed = DEFAULTS.seed, lies = DEFAULTS.lies, groups = DEFAULTS.groups, onStep } = options
  return { seed, lies, groups, ...(onStep === undefined ? {} : { onStep }) }
}

export class UnnamedInputsError extends BaseError {
  override name = 'Attack.UnnamedInputsError'
  constructor(
    readonly prefix: string,
    readonly sym: string | undefined,
    example: string,
  ) {
    super(`No wire of the circuit has a name that begins with "${prefix}".`, {
      details: [
        sym === undefined ? 'no .sym file was given, so wires have no names' : `wire 1 is "${example}"`,
      ],
      hint: "give the circuit's .sym file with --sym, and names as they stand in it, e.g. main.in",
    })
  }
}
