/** The commitments of a statement computed outside the circuit, and openings checked against what was proven. */
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { type CommitmentShape, commit } from '../artifacts/commitment.js'
import { type Manifest, readManifest } from '../artifacts/manifest.js'
import { readProgram } from '../artifacts/program-file.js'
import { PROOF_FILES } from '../artifacts/proof-folder.js'
import { loadFor } from '../artifacts/samples/load.js'
import { type Part, read, type Said } from '../artifacts/statement.js'
import { readJson } from '../artifacts/store.js'
import { BaseError } from '../base/errors.js'
import { execute, type Values } from '../model/execute.js'
import { quantizeInputs } from '../quantize/input.js'
import { freshSalt } from '../workers/extras.js'
import { readProof } from './verify.js'

type Side = 'input' | 'output'

export type Commitment = {
  /** The sample's place in its file; none for integers that were given. */
  readonly sample: number | undefined
  readonly side: Side
  readonly name: string
  /** What was committed to, and how: `artifacts/commitment.ts` says what to hash. */
  readonly shape: CommitmentShape
  readonly salt: bigint | undefined
  readonly commitment: bigint
}

export type CommitOptions = {
  readonly dir: string
  /** A file of samples: their inputs are committed to, and the outputs that the integer model gives for them. */
  readonly input?: string
  /** Integers of outputs by name, where the inputs are not at hand. */
  readonly outputs?: Readonly<Record<string, readonly number[]>>
  /** At most so many samples of the file, from its start. */
  readonly limit?: number
  /** Of every commitment that has one, as `prove` takes it; by default a random one for them all. */
  readonly salt?: bigint
}

/**
 * The commitments that proofs about these samples carry in their signals, if they are made with the same salt.
 * Throws `NoCommitmentError` for a model whose statement has none, and what reading the files throws.
 */
export async function commitments(options: CommitOptions): Promise<readonly Commitment[]> {
  const { dir, input, outputs = {}, limit = Infinity, salt = freshSalt() } = options
  const manifest = await readManifest(dir)
  if (committedParts(manifest).length === 0) throw new NoCommitmentError(dir, manifest)
  const given = Object.entries(outputs).map(([name, integers]) =>
    commitmentOf(hashedOutput(manifest, name), 'output', integers, salt, undefined),
  )
  if (input === undefined) return given
  const samples = await integersOf(dir, manifest, input)
  const ofSamples = samples
    .slice(0, limit)
    .flatMap(({ place, inputs, outputs }) =>
      committedParts(manifest).map(({ part, side }) =>
        commitmentOf(part, side, (side === 'input' ? inputs : outputs)[part.port]!, salt, place),
      ),
    )
  return [...given, ...ofSamples]
}

function commitmentOf(
  { name, commitment: shape }: Part,
  side: Side,
  integers: ArrayLike<number>,
  salt: bigint | undefined,
  sample: number | undefined,
): Commitment {
  const own = shape!.salted ? salt : undefined
  return { sample, side, name, shape: shape!, salt: own, commitment: commit(shape!, integers, own) }
}

function committedParts({ statement }: Manifest): { part: Part; side: Side }[] {
  const of = (parts: readonly Part[], side: Side) =>
    parts.filter(({ shows }) => shows === 'commitment').map((part) => ({ part, side }))
  return [
    ...of(statement.outputs as readonly Part[], 'output'),
    ...of(statement.inputs as readonly Part[], 'input'),
  ]
}

function hashedOutput(manifest: Manifest, name: string): Part {
  const parts = committedParts(manifest).filter(({ side }) => side === 'output')
  const found = parts.find(({ part }) => part.name === name)
  if (found === undefined)
    throw new NotHashedError(
      name,
      parts.map(({ part }) => part.name),
    )
  return found.part
}

type SampleIntegers = { readonly place: number; readonly inputs: Values; readonly outputs: Values }

/** What the integer model reads and answers, sample by sample. */
async function integersOf(dir: string, manifest: Manifest, path: string): Promise<SampleIntegers[]> {
  const [model, set] = [await readProgram(dir), await loadFor(path, manifest.inputs, manifest.fixed)]
  return set.rows.map((row, i) => {
    const inputs = quantizeInputs(model, row, set.places[i])
    const tensors = execute(model, inputs)
    return { place: set.places[i]!, inputs, outputs: model.outputs.map(({ tensor }) => tensors[tensor]!) }
  })
}

const Decimal = z.string().regex(/^(0|[1-9]\d*)$/)
const OpeningFile = z.object({
  format: z.literal('zkonnx-opening/1'),
  sample: z.number().int().min(0),
  integer: z.array(z.object({ name: z.string(), integers: z.array(z.number()) })),
  extras: z.array(z.object({ kind: z.string(), side: z.string(), name: z.string(), value: Decimal })),
})
type OpeningFile = z.infer<typeof OpeningFile>

export type Opened = {
  readonly side: Side
  readonly name: string
  /** What the proof's public signals say. */
  readonly said: Said
  /** Whether the opening shows that; nothing where the file of samples is needed to tell. */
  readonly agrees: boolean | undefined
}

/**
 * Whether an opening is that of the proof in its folder: its integers and salts give the commitments among the public
 * signals, and its integers bear the claims out. Inputs are not in an opening; `input` is the file that they came from.
 * Says nothing of whether the proof holds. Throws what reading and parsing the files throws, and `NoSampleError`.
 */
export async function open(dir: string, path: string, input?: string): Promise<readonly Opened[]> {
  const folder = path.endsWith('.json') ? dirname(path) : path
  const manifest = await readManifest(dir)
  const opening = await readJson(join(folder, PROOF_FILES.opening), OpeningFile)
  const signals = (await readProof(folder, manifest)).signals.map(BigInt)
  const inputs = input === undefined ? undefined : await inputsOf(dir, manifest, input, opening.sample)
  const outputs = manifest.outputs.map(
    ({ name }) => opening.integer.find((output) => output.name === name)?.integers ?? [],
  )
  const check =
    (side: Side, ports: readonly ArrayLike<number>[] | undefined) =>
    (part: Part): Opened => {
      const said = read(part, signals)
      const integers = ports?.[part.port]
      const agrees = integers === undefined ? undefined : bears(part, side, said, integers, opening)
      return { side, name: part.name, said, agrees }
    }
  return [
    ...(manifest.statement.outputs as readonly Part[]).map(check('output', outputs)),
    ...(manifest.statement.inputs as readonly Part[]).map(check('input', inputs)),
  ]
}

async function inputsOf(dir: string, manifest: Manifest, path: string, sample: number): Promise<Values> {
  const samples = await integersOf(dir, manifest, path)
  const found = samples.find(({ place }) => place === sample)
  if (found === undefined) throw new NoSampleError(path, sample)
  return found.inputs
}

/** Whether the integers make true what is said of them. */
function bears(
  part: Part,
  side: Side,
  said: Said,
  integers: ArrayLike<number>,
  { extras }: OpeningFile,
): boolean {
  if (integers.length === 0) return false
  if ('commitment' in said) {
    const salt = extras.find(
      (extra) => extra.kind === 'salt' && extra.side === side && extra.name === part.name,
    )
    const own = part.commitment!.salted ? BigInt(salt?.value ?? 0) : undefined
    return commit(part.commitment!, integers, own) === BigInt(said.commitment)
  }
  const [first, second] = Array.from(integers).sort((a, b) => b - a)
  const [claim] = said.integers
  switch (said.shows) {
    case 'class':
      return Array.from(integers).indexOf(first!) === claim
    case 'threshold':
      return first! >= claim!
    case 'margin':
      return first! - second! >= claim!
    default:
      return String(said.integers) === String(Array.from(integers))
  }
}

export class NoCommitmentError extends BaseError {
  override name = 'Commit.NoCommitmentError'
  constructor(dir: string, { inputs, outputs }: Manifest) {
    super(`The statement of the model in ${dir} commits to nothing.`, {
      details: [
        ...inputs.map(({ name, visibility }) => `input "${name}": ${visibility}`),
        ...outputs.map(({ name, visibility }) => `output "${name}": ${visibility}`),
      ],
      hint: 'compile it with --inputs hashed or --show hashed',
    })
  }
}

export class NotHashedError extends BaseError {
  override name = 'Commit.NotHashedError'
  constructor(name: string, hashed: readonly string[]) {
    super(`The statement does not commit to an output "${name}".`, {
      details: [`it commits to: ${hashed.join(', ') || 'no output'}`],
      hint: 'name a hashed output, or compile the model with --show NAME=hashed',
    })
  }
}

export class NoSampleError extends BaseError {
  override name = 'Commit.NoSampleError'
  constructor(path: string, sample: number) {
    super(`${path} has no sample ${sample}, which the opening is of.`, {
      hint: 'give the file that the proof was made from',
    })
  }
}
