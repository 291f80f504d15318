/** From the graph to the integer program: what was kept of the samples, the program, and the samples themselves. */
import { basename } from 'node:path'
import {
  type Calibration,
  encodeCalibration,
  fromNumbers,
  readCalibration,
} from '../../artifacts/calibration.js'
import { schemeOf } from '../../artifacts/manifest.js'
import { FILES, type FileName, pathOf } from '../../artifacts/paths.js'
import * as ProgramFile from '../../artifacts/program-file.js'
import { readBytes } from '../../artifacts/store.js'
import { firstDifference } from '../../base/difference.js'
import { sha256 } from '../../base/digest.js'
import { sizeOf } from '../../base/tensor.js'
import { type ProgramDifference, programDifference } from '../../model/difference.js'
import { at } from '../../model/quantized.js'
import { RUNTIME_VERSION } from '../../onnx/runtime.js'
import { type DeclaredDomain, endsOf } from '../../quantize/domain.js'
import type { Fidelity } from '../../quantize/fidelity.js'
import { fillTemplate } from '../../quantize/like.js'
import { prepareStored, quantizePrepared } from '../../quantize/quantize.js'
import { type Bits, resolveBits } from '../../quantize/scheme.js'
import { VERSION } from '../../version.js'
import { fidelityOf } from '../describe.js'
import { functionsFor, portsOf, type QuantizationOptions, quantizeModel } from '../quantization.js'
import { readSamples } from '../samples.js'
import { type Build, type Derived, differs, equal, type Outcome, skipped, toolsHint } from './link.js'
import { SECRET } from './source-links.js'

/** What was kept of the samples, by digest. */
export async function storedCalibration(build: Build): Promise<Outcome> {
  const broken = await digestOutcome(build, ['calibration'])
  if (broken !== undefined) return broken
  const { ranges } = await readCalibration(build.options.dir)
  const source = build.options.data === undefined ? 'taken as stored' : 'compared with the samples below'
  return equal(`ranges of ${ranges.length} tensors, ${source}`)
}

/** The integer program: of graph, calibration and bits. */
export async function integerProgram(build: Build): Promise<Outcome> {
  const { source, options } = build
  if (source === undefined) return skipped(SECRET)
  const chosen = chosenBits(build)
  if ('state' in chosen) return chosen
  const calibration = await readCalibration(options.dir)
  const outside = chosen.bits && domainOutcome(build, calibration)
  if (outside !== undefined) return outside
  const derived = await derive(build, chosen.bits, calibration)
  const stored = await ProgramFile.readProgram(options.dir)
  const difference = programDifference(stored, derived.model)
  if (difference !== undefined)
    return differs(
      `the integer program in ${FILES.program} does not follow from the graph`,
      describe(difference),
      toolsHint(build, { ...build.manifest.tools, zkonnx: VERSION, onnxruntime: RUNTIME_VERSION }),
    )
  const broken = await digestOutcome(build, ['program', 'arrays'])
  if (broken !== undefined) return broken
  build.quantized = derived
  const { length } = derived.model.nodes
  return equal(`${length} layers, every weight derived from the graph`)
}

async function derive(
  { source, options, manifest }: Build,
  bits: Bits | undefined,
  calibration: Calibration,
): Promise<Derived> {
  const { graph, softmaxOutputs } = source!
  if (bits === undefined) {
    // a model that was compiled like another: its own program says the structure, its graph the weights
    const model = await ProgramFile.readProgram(options.dir)
    return { model: fillTemplate({ graph, model }, graph), calibration }
  }
  const { weights } = manifest.model
  const prepared = prepareStored(graph, calibration, {
    ...{ softmaxOutputs, weights },
    functions: functionsFor(schemeOf(manifest)),
  })
  return quantizePrepared(prepared, bits)
}

function describe({ layer, what, found, expected }: ProgramDifference): string[] {
  const where = layer === undefined ? what : `layer "${layer}": ${what}`
  return [where, `found    ${found}`, `expected ${expected}`]
}

/** The bits that the options and a search agree on; undefined of a model that was compiled like another. */
function chosenBits({ manifest }: Build): { bits: Bits | undefined } | Outcome {
  const { quantization, options, model } = manifest
  const asked = options.bits as 'auto' | Partial<Bits> | undefined
  if (quantization === undefined)
    return model.weights === 'committed'
      ? { bits: undefined }
      : optionDiffers('bits', 'nothing is recorded', 'the bits of every model with fixed weights')
  const isAsked = typeof asked === 'object'
  const fixed = isAsked ? resolveBits(asked) : undefined
  const difference = fixed && firstDifference(quantization.bits, fixed)
  if (difference !== undefined)
    return optionDiffers('bits', `${difference.path} ${difference.found}`, difference.expected)
  if (isAsked && quantization.choice !== 'fixed')
    return optionDiffers('bits', `a search (${quantization.choice})`, 'the bits that were asked for')
  return { bits: resolveBits(quantization.bits) }
}

function optionDiffers(option: string, found: string, expected: string): Outcome {
  return differs(
    `the option "${option}" and what was built with it disagree`,
    [`option "${option}"`, `found    ${found}`, `expected ${expected}`],
    'the manifest was changed after it was written: do not trust it',
  )
}

/** Declared domains against those that the integers stand for, which end within a step of them. */
function domainOutcome({ manifest }: Build, { domains }: Calibration): Outcome | undefined {
  for (const [name, declared] of Object.entries((manifest.options.domains ?? {}) as Domains)) {
    const domain = domains.find((one) => one.name === name)
    const input = manifest.inputs.find((one) => one.name === name)
    if (domain === undefined || input === undefined)
      return optionDiffers('domains', 'no such input', `"${name}"`)
    const ends = endsOf(name, sizeOf(input.shape), declared)
    const scale = fromNumbers(domain.scale)
    for (const side of ['lo', 'hi'] as const) {
      const reals = fromNumbers(domain[side]).map((integer, i) => integer * at(scale, i))
      const bad = reals.findIndex((real, i) => Math.abs(real - at(ends[side], i)) > at(scale, i))
      if (bad >= 0)
        return optionDiffers('domains', `"${name}" ${side} ${reals[bad]}`, `${at(ends[side], bad)}`)
    }
  }
  return undefined
}

type Domains = Readonly<Record<string, DeclaredDomain>>

/** Undefined where each of the folder's files has the digest that it should have. */
export async function digestOutcome(
  { options, derivation }: Build,
  files: readonly FileName[],
): Promise<Outcome | undefined> {
  for (const file of files) {
    const expected = derivation?.files[FILES[file]]
    const found = sha256(await readBytes(pathOf(options.dir, file)))
    if (expected === undefined || found === expected) continue
    return differs(
      `${FILES[file]} is not the one that the manifest names`,
      [`found    ${found}`, `expected ${expected}`],
      'take the folder from who compiled it, or compile the ONNX file again',
    )
  }
  return undefined
}

/** Calibration, search and fidelity once more, from the samples. */
export async function samples(build: Build): Promise<Outcome> {
  const { source, quantized, manifest, options } = build
  if (source === undefined || quantized === undefined) return skipped(SECRET)
  if (options.data === undefined && manifest.data.length > 0)
    return skipped('not given (--data FILE): ranges and bits are taken as stored')
  if (manifest.quantization === undefined) return skipped('its ranges are those of the model that it is like')
  const read = await readSamples({ ...dataOptions(build), fixed: manifest.fixed }, portsOf(source))
  const other = firstDifference(read.files, manifest.data)
  if (other !== undefined)
    return differs(
      `${basename(options.data ?? 'the samples')} is not what it was compiled with`,
      [other.path, `found    ${other.found}`, `expected ${other.expected}`],
      'give the files that the manifest names, with their roles (--data, --holdout)',
    )
  const again = await quantizeModel(source, read, undefined, quantizationOptions(build), () => {})
  return compareWithStored(build, quantized.calibration, again)
}

function dataOptions({ options, manifest }: Build) {
  const domains = manifest.options.domains as Domains | undefined
  return {
    ...(options.data === undefined ? {} : { data: options.data }),
    ...(options.holdout === undefined ? {} : { holdout: options.holdout }),
    ...(domains === undefined ? {} : { domains }),
  }
}

function quantizationOptions({ manifest }: Build): QuantizationOptions {
  const { bits, domains, weights, disclose, maxFlip, maxError } = manifest.options
  const scheme = schemeOf(manifest)
  return { bits, domains, weights, disclose, maxFlip, maxError, scheme } as QuantizationOptions
}

/** ONNX Runtime's answers differ in their last bits from one processor to another: so may figures of errors. */
const NEAR = 1e-3

function fidelityOutcome({ manifest }: Build, fidelity: Fidelity | undefined): Outcome {
  const again: unknown = fidelity === undefined ? undefined : JSON.parse(JSON.stringify(fidelityOf(fidelity)))
  const difference = firstDifference(again, manifest.fidelity, 'fidelity', { near: NEAR })
  if (difference === undefined) return equal('ranges, bits and fidelity follow from the samples')
  return differs(
    'the manifest tells of another fidelity than these samples show',
    [difference.path, `found    ${difference.found}`, `expected ${difference.expected}`],
    'measure it yourself on samples of your own: compile with --holdout',
  )
}

function compareWithStored(
  build: Build,
  stored: Calibration,
  again: Awaited<ReturnType<typeof quantizeModel>>,
): Outcome {
  const bits = firstDifference(again.quantization?.bits, build.manifest.quantization!.bits, 'bits')
  const kept =
    bits ??
    firstDifference(
      JSON.parse(encodeCalibration(again.quantized.calibration)),
      JSON.parse(encodeCalibration(stored)),
    )
  if (kept === undefined) return fidelityOutcome(build, again.fidelity)
  return differs(
    'the samples give other ranges or bits than were stored',
    [kept.path, `found    ${kept.found}`, `expected ${kept.expected}`],
    toolsHint(build, { ...build.manifest.tools, zkonnx: VERSION, onnxruntime: RUNTIME_VERSION }),
  )
}
