/**
 * The input of a request, both ways: from real numbers to the signals that a board is asked with, and from the signals
 * back to what a model can be run on.
 *
 * Packed integers read back from the signals alone. What is behind a commitment has to be told: in the request's data,
 * where anyone reads it, or in a file that the prover holds. A private input stands in no statement, so that nobody but
 * the prover could say what it was: requests of such models are left alone.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { type CommitmentShape, commit } from '../../artifacts/commitment.js'
import type { Manifest } from '../../artifacts/manifest.js'
import { type Part, pack, unpack } from '../../artifacts/statement.js'
import { MissingFileError, readText } from '../../artifacts/store.js'
import { BaseError, messageOf } from '../../base/errors.js'
import { sizeOf } from '../../base/tensor.js'
import type { Hex } from '../../chain/types.js'
import { quantizeInput } from '../../quantize/input.js'

type Ports = Pick<Manifest, 'inputs' | 'statement'>

/** What opens the commitments of a request: integers by input, and the salt that they share. */
export const InputOpening = z.object({
  format: z.literal('zkonnx-input/1'),
  salt: z
    .string()
    .regex(/^(0|[1-9]\d{0,77})$/)
    .optional(),
  inputs: z.record(z.string(), z.array(z.number().int())),
})
export type InputOpening = z.infer<typeof InputOpening>

/** What a model is run on: real values, an array an input, and the salt of the commitments to them. */
export type ProvableInput = { readonly values: readonly Float64Array[]; readonly salt?: bigint }

/** The integers of a sample, by input. Throws `OutsideDomainError` and `InputSizeError`. */
export function integersOf({ inputs }: Ports, sample: readonly Float64Array[]): Float64Array[] {
  const model = {
    scales: inputs.map(({ scale }) => Float64Array.from(scale)),
    tensors: inputs.map(({ shape }) => ({ shape })),
  } as unknown as Parameters<typeof quantizeInput>[0]
  return inputs.map(({ name, lo, hi }, tensor) =>
    quantizeInput(
      model,
      { name, tensor, lo: Float64Array.from(lo), hi: Float64Array.from(hi) },
      sample[tensor]!,
    ),
  )
}

/** The signals of the statement's inputs, and what opens them where they are commitments. */
export function signalsOf(
  { inputs, statement }: Ports,
  integers: readonly Float64Array[],
  salt: bigint,
): { signals: bigint[]; opening: InputOpening | undefined } {
  const parts = statement.inputs as readonly Part[]
  const signals = parts.flatMap((part) =>
    part.shows === 'commitment'
      ? [commitTo(part.commitment!, integers[part.port]!, salt)]
      : pack(part, integers[part.port]!),
  )
  const hidden = parts.filter(({ shows }) => shows === 'commitment')
  if (hidden.length === 0) return { signals, opening: undefined }
  const salted = hidden.some(({ commitment }) => commitment!.salted)
  const opening = {
    format: 'zkonnx-input/1' as const,
    ...(salted ? { salt: salt.toString() } : {}),
    inputs: Object.fromEntries(hidden.map(({ port }) => [inputs[port]!.name, [...integers[port]!]])),
  }
  return { signals, opening }
}

/** The file in a folder of inputs that opens a request: named after its first commitment. */
export function openingPath(folder: string, { statement }: Ports, signals: readonly bigint[]): string {
  const part = statement.inputs.find(({ shows }) => shows === 'commitment')!
  return join(folder, `${signals[part.first - firstInput({ statement })]}.json`)
}

/**
 * What to run the model on so that the statement shows these signals. Throws `UnprovableInputError` where that cannot
 * be known, or where no proof could be made of it.
 */
export async function provableInput(
  ports: Ports,
  signals: readonly bigint[],
  source: { readonly data: Hex; readonly folder?: string | undefined },
): Promise<ProvableInput> {
  const parts = ports.inputs.map((input, port) => {
    const part = (ports.statement.inputs as readonly Part[]).find((one) => one.port === port)
    if (part === undefined) throw new UnprovableInputError(`input "${input.name}" is private`)
    return { ...part, first: part.first - firstInput(ports) }
  })
  const hidden = parts.some(({ shows }) => shows === 'commitment')
  const opening = hidden ? await openingOf(ports, parts, signals, source) : undefined
  const integers = parts.map((part) =>
    part.shows === 'commitment' ? opening!.inputs[ports.inputs[part.port]!.name]! : read(part, signals),
  )
  const values = ports.inputs.map((input, port) => realsOf(input, integers[port]!))
  return opening?.salt === undefined ? { values } : { values, salt: BigInt(opening.salt) }
}

/** The first signal of the inputs. */
function firstInput({ statement }: Pick<Manifest, 'statement'>): number {
  return Math.min(...statement.inputs.map(({ first }) => first))
}

function commitTo(shape: CommitmentShape, integers: ArrayLike<number>, salt: bigint | undefined): bigint {
  return commit(shape, integers, shape.salted ? salt : undefined)
}

function read(part: Part, signals: readonly bigint[]): Float64Array {
  try {
    return unpack(part, signals)
  } catch (error) {
    throw new UnprovableInputError(messageOf(error).split('\n')[0]!)
  }
}

/** The data of the request where it opens the commitments, else the file that is named after them. */
async function openingOf(
  ports: Ports,
  parts: readonly Part[],
  signals: readonly bigint[],
  { data, folder }: { readonly data: Hex; readonly folder?: string | undefined },
): Promise<InputOpening> {
  const told = parseOpening(Buffer.from(data.slice(2), 'hex').toString('utf8'))
  if (told !== undefined && opensAll(ports, parts, signals, told)) return told
  const path = folder === undefined ? undefined : openingPath(folder, ports, signals)
  const held = path === undefined ? undefined : parseOpening(await textOf(path))
  if (held !== undefined && opensAll(ports, parts, signals, held)) return held
  const where = path === undefined ? '' : `, nor does ${path}`
  throw new UnprovableInputError(`its data does not open the commitment to the input${where}`)
}

function parseOpening(text: string | undefined): InputOpening | undefined {
  try {
    return InputOpening.safeParse(JSON.parse(text ?? '')).data
  } catch {
    return undefined
  }
}

async function textOf(path: string): Promise<string | undefined> {
  return readText(path).catch((error: unknown) => {
    if (error instanceof MissingFileError) return undefined
    throw error
  })
}

function opensAll(
  { inputs }: Ports,
  parts: readonly Part[],
  signals: readonly bigint[],
  opening: InputOpening,
): boolean {
  const salt = opening.salt === undefined ? undefined : BigInt(opening.salt)
  return parts.every(({ shows, commitment, port, first }) => {
    if (shows !== 'commitment') return true
    const integers = opening.inputs[inputs[port]!.name]
    if (integers === undefined) return false
    try {
      return commitTo(commitment!, integers, salt) === signals[first]
    } catch {
      // other integers, or a salt too many or too few
      return false
    }
  })
}

function realsOf(input: Manifest['inputs'][number], integers: ArrayLike<number>): Float64Array {
  const { name, scale, lo, hi } = input
  const of = (values: readonly number[], i: number) => (values.length === 1 ? values[0]! : values[i]!)
  return Float64Array.from({ length: sizeOf(input.shape) }, (_, i) => {
    const value = integers[i]!
    if (value < of(lo, i) || value > of(hi, i)) {
      const domain = `${of(lo, i)} to ${of(hi, i)}`
      throw new UnprovableInputError(
        `element ${i} of input "${name}" is ${value}, outside its domain ${domain}`,
      )
    }
    return value * of(scale, i)
  })
}

export class UnprovableInputError extends BaseError {
  override name = 'Board.UnprovableInputError'
  constructor(readonly reason: string) {
    super(`The request's input cannot be proven: ${reason}.`, {
      hint: "inputs behind a commitment must be in the request's data, or in a folder named with --inputs",
    })
  }
}
