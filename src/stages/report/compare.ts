/** The integer model and the float one, run beside each other on the samples that fidelity was measured on. */
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Manifest } from '../../artifacts/manifest.js'
import { pathOf } from '../../artifacts/paths.js'
import { readProgram } from '../../artifacts/program-file.js'
import type { SampleSet } from '../../artifacts/samples/bind.js'
import { loadFor } from '../../artifacts/samples/load.js'
import { split } from '../../artifacts/samples/split.js'
import { readBytes } from '../../artifacts/store.js'
import { sha256 } from '../../base/digest.js'
import { BaseError } from '../../base/errors.js'
import { sizeOf } from '../../base/tensor.js'
import { execute, type Values } from '../../model/execute.js'
import type { QuantizedModel } from '../../model/quantized.js'
import { type LoadedModel, loadModel } from '../../onnx/load.js'
import { RUNTIME_VERSION } from '../../onnx/runtime.js'
import { OutsideDomainError, quantizeInputs } from '../../quantize/input.js'
import { labelsOf, realsOf } from '../../quantize/output.js'
import type { Comparison, FidelityFacts, Point } from '../../report/facts.js'
import { referenceOf } from '../measure.js'

/** Samples that are run; and points that are drawn of an output. */
const MOST_SAMPLES = 200
const MOST_POINTS = 800
/** Samples whose inputs are kept, to be shown. */
const MOST_FLIPPED = 24

/**
 * Undefined where the samples are not at hand: no file was given, and none of that name and digest lies in the current
 * folder, in the model's or around it. Throws `OtherSamplesError` for a given file that is another.
 */
export async function compare(
  dir: string,
  manifest: Manifest,
  fidelity: FidelityFacts | undefined,
  data: string | undefined,
): Promise<Comparison | undefined> {
  const measured = measuredOn(manifest)
  const path = await locate(dir, measured, data)
  if (path === undefined || measured === undefined) return undefined
  // nobody asked for it: where ONNX Runtime is not installed, the page goes without
  if (data === undefined && RUNTIME_VERSION === 'none') return undefined
  const set = await loadFor(path, manifest.inputs, manifest.fixed)
  const heldOut = measured.role === 'holdout' ? set : split(set).heldOut
  if (heldOut.rows.length === 0) return undefined
  const flipped = (fidelity?.labels?.flipped ?? []).map(({ sample }) => sample).slice(0, MOST_FLIPPED)
  const compared = await run(dir, manifest, pick(heldOut, new Set(flipped)))
  const input = new Map(heldOut.places.map((place, i) => [place, heldOut.rows[i]![0]]))
  return {
    of: `${compared.samples} held-out samples of ${measured.name}`,
    ...compared,
    flipped: flipped.flatMap((sample) => {
      const values = input.get(sample)
      return values === undefined ? [] : [{ sample, input: [...values] }]
    }),
  }
}

type File = Manifest['data'][number]

/** The file that fidelity was measured on. */
export function measuredOn({ data }: Pick<Manifest, 'data'>): File | undefined {
  return data.find(({ role }) => role === 'holdout') ?? data[0]
}

async function locate(
  dir: string,
  file: File | undefined,
  given: string | undefined,
): Promise<string | undefined> {
  if (given !== undefined) {
    if (file === undefined) throw new OtherSamplesError(given, 'none: it was compiled without data', '')
    const found = sha256(await readBytes(given))
    if (found !== file.sha256) throw new OtherSamplesError(given, file.name, `${file.sha256}, not ${found}`)
    return given
  }
  if (file === undefined) return undefined
  for (const folder of ['.', dir, dirname(dir)]) {
    const path = join(folder, basename(file.name))
    const isFile = await stat(path).then(
      (entry) => entry.isFile(),
      () => false,
    )
    if (isFile && sha256(await readBytes(path)) === file.sha256) return path
  }
  return undefined
}

/** Those that are wanted in any case, and the first of the others. */
function pick(
  { rows, places }: SampleSet,
  wanted: ReadonlySet<number>,
): { rows: Values[]; places: number[] } {
  const indices = places.map((_, i) => i)
  const first = indices.filter((i) => wanted.has(places[i]!))
  const rest = indices.filter((i) => !wanted.has(places[i]!)).slice(0, MOST_SAMPLES - first.length)
  const all = [...first, ...rest]
  return { rows: all.map((i) => rows[i]!), places: all.map((i) => places[i]!) }
}

async function run(
  dir: string,
  manifest: Manifest,
  { rows }: { readonly rows: readonly Values[] },
): Promise<Pick<Comparison, 'samples' | 'outputs'>> {
  const program = await readProgram(dir)
  const source = await loadModel(pathOf(dir, 'onnx'))
  const inside = rows.flatMap((row) => {
    const integers = integersOf(program, row)
    return integers === undefined ? [] : [{ row, integers }]
  })
  const reference = await referenceOf(
    source,
    inside.map(({ row }) => asInputs(source, manifest, row)),
  )
  const points = program.outputs.map((): Point[] => [])
  inside.forEach(({ integers }, at) => {
    const values = execute(program, integers)
    const pairs = program.outputs.map(({ name, tensor }) => ({
      integer: realsOf(program, tensor, values[tensor]!),
      float: reference[at]![source.graph.outputs.findIndex((output) => output.name === name)],
    }))
    const flips = pairs.some(({ integer, float }, port) => float && flip(program, port, integer, float))
    pairs.forEach(({ integer, float }, port) => {
      if (float?.length !== integer.length || program.outputs[port]!.meaning === 'label') return
      float.forEach((value, i) => {
        // a float model may overflow; integers do not
        if (Number.isFinite(value)) points[port]!.push({ float: value, integer: integer[i]!, flips })
      })
    })
  })
  const outputs = program.outputs.map(({ name }, port) => ({
    name,
    points: thinned(points[port]!),
    total: points[port]!.length,
  }))
  return { samples: inside.length, outputs }
}

/** Undefined outside the declared domain. */
function integersOf(program: QuantizedModel, row: Values): Float64Array[] | undefined {
  try {
    return quantizeInputs(program, row)
  } catch (error) {
    if (error instanceof OutsideDomainError) return undefined
    throw error
  }
}

/** The sample in the order of the float graph's inputs; what nothing reads is zero. */
function asInputs({ graph }: LoadedModel, { inputs }: Manifest, row: Values): Float64Array[] {
  return graph.inputs.map(({ name, tensor }) => {
    const place = inputs.findIndex((input) => input.name === name)
    return row[place] ?? new Float64Array(sizeOf(graph.tensors[tensor]!.shape))
  })
}

function flip(
  { outputs, tensors }: QuantizedModel,
  port: number,
  integer: Float64Array,
  float: Float64Array,
): boolean {
  const output = outputs[port]!
  const shape = tensors[output.tensor]!.shape
  return String(labelsOf(output, shape, integer)) !== String(labelsOf(output, shape, float))
}

/** An even part of the points, with those of flipped samples first. */
function thinned(points: readonly Point[]): Point[] {
  const flips = points.filter((point) => point.flips).slice(0, MOST_POINTS / 2)
  const others = points.filter((point) => !point.flips)
  const every = Math.ceil(others.length / (MOST_POINTS - flips.length)) || 1
  return [...flips, ...others.filter((_, i) => i % every === 0)]
}

export class OtherSamplesError extends BaseError {
  override name = 'Report.OtherSamplesError'
  constructor(
    readonly path: string,
    expected: string,
    digests: string,
  ) {
    super(`${path} is not the file that fidelity was measured on.`, {
      details: [`the manifest names ${expected}`, ...(digests === '' ? [] : [digests])],
      hint: "give compile's --holdout file, or its --data file where there was no other",
    })
  }
}
