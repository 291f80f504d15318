/** The samples that a model is calibrated and measured on: from files, or drawn from a declared domain. */
import { basename } from 'node:path'
import type { Manifest } from '../artifacts/manifest.js'
import type { InputPort, SampleSet } from '../artifacts/samples/bind.js'
import type { FixedInput } from '../artifacts/samples/fixed.js'
import { loadFor } from '../artifacts/samples/load.js'
import { type Split, split } from '../artifacts/samples/split.js'
import { readBytes } from '../artifacts/store.js'
import { sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import { Random } from '../base/random.js'
import { formatShape, sizeOf } from '../base/tensor.js'
import { at } from '../model/quantized.js'
import { type DeclaredDomain, endsOf } from '../quantize/domain.js'
import { OutsideDomainError } from '../quantize/input.js'

export type SampleOptions = {
  readonly data?: string
  readonly holdout?: string
  readonly domains?: Readonly<Record<string, DeclaredDomain>>
  /** Inputs that are constants of the model. */
  readonly fixed?: readonly FixedInput[]
}

export type SplitSamples = Split & {
  readonly files: Manifest['data']
  /** What a reader of the results must know of the samples. */
  readonly remarks: readonly string[]
}

/** Drawn samples: so many that every third is a hundred. */
const DRAWN = 300
const SEED = 1

/**
 * Without a file random samples from the declared domain, the same in every run. Throws `NoDataError` where there is no
 * domain either, `SampleOutsideError` for a sample outside it, and what reading the files throws.
 */
export async function readSamples(
  options: SampleOptions,
  ports: readonly InputPort[],
): Promise<SplitSamples> {
  const { data, holdout, fixed = [] } = options
  if (data === undefined) return drawSamples(options, ports)
  const set = await loadFor(data, ports, fixed)
  const file = { name: basename(data), sha256: sha256(await readBytes(data)), role: 'data' as const }
  const files = holdout === undefined ? [file] : [file, await holdoutFile(holdout)]
  const parts =
    holdout === undefined ? split(set) : { calibration: set, heldOut: await loadFor(holdout, ports, fixed) }
  return { ...parts, files, remarks: [] }
}

async function holdoutFile(path: string) {
  return { name: basename(path), sha256: sha256(await readBytes(path)), role: 'holdout' as const }
}

function drawSamples({ holdout, domains = {} }: SampleOptions, ports: readonly InputPort[]): SplitSamples {
  const missing = ports.filter(({ name }) => domains[name] === undefined)
  if (missing.length > 0 || holdout !== undefined) throw new NoDataError(missing, holdout)
  const random = new Random(SEED)
  const rows = Array.from({ length: DRAWN }, () =>
    ports.map(({ name, shape }) => drawn(random, name, sizeOf(shape), domains[name]!)),
  )
  const set: SampleSet = {
    file: 'random samples',
    rows,
    labels: undefined,
    places: rows.map((_, at) => at),
    where: (_, port, element) => `element ${element} of input "${ports[port]!.name}"`,
  }
  return { ...split(set), files: [], remarks: [RANDOM_NOTE] }
}

/** What notes that must not be overlooked begin with. */
export const WARNING = 'WARNING: '

const RANDOM_NOTE =
  `${WARNING}no data was given. Ranges and fidelity are those of ${DRAWN} random inputs from the declared domain, which ` +
  'say little of real ones: layers may be given too many bits or too few, and labels may flip more often. Give --data.'

/** Even over the domain. */
function drawn(random: Random, name: string, size: number, domain: DeclaredDomain): Float64Array {
  const { lo, hi } = endsOf(name, size, domain)
  return Float64Array.from({ length: size }, (_, element) => {
    const [from, to] = [at(lo, element), at(hi, element)]
    return from + (to - from) * random.unit()
  })
}

/** What quantizing says of a sample, in the words of its file. */
export function locate(error: unknown, set: SampleSet, ports: readonly InputPort[]): unknown {
  if (!(error instanceof OutsideDomainError) || error.sample === undefined) return error
  const [place, port] = [set.places[error.sample], ports.findIndex(({ name }) => name === error.input)]
  if (place === undefined || port < 0) return error
  return new SampleOutsideError(set.file, set.where(place, port, error.element), place, error)
}

export class SampleOutsideError extends BaseError {
  override name = 'Compile.SampleOutsideError'
  constructor(
    readonly file: string,
    /** Line and column, or whatever the file's kind has. */
    readonly where: string,
    readonly sample: number,
    override readonly cause: OutsideDomainError,
  ) {
    const { input, element, value, lo, hi } = cause
    super(`${file}, ${where}: ${value} is outside the declared domain of input "${input}".`, {
      details: [`the domain there is ${lo} to ${hi}`, `sample ${sample}, element ${element} of the input`],
      hint: 'declare a domain that holds the samples (--domain), or leave out samples that the model is not meant for',
      cause,
    })
  }
}

export class NoDataError extends BaseError {
  override name = 'Compile.NoDataError'
  constructor(
    readonly inputs: readonly InputPort[],
    readonly holdout: string | undefined,
  ) {
    const first = inputs[0]
    super('There are no samples to calibrate on.', {
      details: [
        ...inputs.map(
          ({ name, shape }) => `input "${name}" (${formatShape(shape)}) has no declared domain either`,
        ),
        ...(holdout === undefined ? [] : [`${holdout} is only measured on`]),
      ],
      hint:
        'give samples like those that the model will see (--data FILE); or, for a first look, declare the domain of ' +
        `every input${first === undefined ? ' and leave out --holdout' : ` (--domain ${first.name}=LEAST,GREATEST)`}: random inputs are then drawn from it`,
    })
  }
}
