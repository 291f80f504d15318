/** Asks a board for a prediction, with the input taken from a file of samples or given as the statement's signals. */
import { dirname } from 'node:path'
import { loadFor } from '../../artifacts/samples/load.js'
import { ensureDir, writeJson } from '../../artifacts/store.js'
import { BaseError } from '../../base/errors.js'
import { type Ask, registryOf, request, ZERO_ADDRESS } from '../../chain/board.js'
import { reach } from '../../chain/provider.js'
import { allow } from '../../chain/token.js'
import type { Hex } from '../../chain/types.js'
import { freshSalt } from '../../workers/extras.js'
import type { OpenChain } from '../chain.js'
import { assertRegistered, type OwnModel, openModel } from './answer.js'
import { type InputOpening, integersOf, openingPath, signalsOf } from './inputs.js'
import { registeredId, standingBoard } from './place.js'

export type AskOptions = Pick<Ask, 'token' | 'bounty' | 'callback' | 'callbackGas'> & {
  /** Default: the board that all share, for the registry that the model is registered in. */
  readonly board?: string
  /** In the board's registry. Default: what the folder of the model was registered as. */
  readonly modelId?: bigint
  /** Whether to deploy the shared board on a chain with value that lacks it; on a local chain it always is. */
  readonly deployMissing?: boolean
  /** Unix time in seconds, or so many seconds from the chain's newest block on. */
  readonly deadline: { readonly at: bigint } | { readonly within: bigint }
  readonly input: SampleInput | { readonly signals: readonly string[] }
}

export type SampleInput = {
  /** The compiled model; its manifest will do. */
  readonly dir: string
  /** A file of samples. */
  readonly file: string
  /** Which of them. Default: the first. */
  readonly sample?: number
  /** Of commitments; by default a random one. */
  readonly salt?: bigint
  /** Whether the request's data opens the commitments, for anyone to read. */
  readonly reveal?: boolean
  /** A folder for the file that opens the commitments, for whoever is to prove. */
  readonly keep?: string
}

export type AskedFor = {
  readonly id: Hex
  readonly board: string
  readonly modelId: bigint
  readonly gas: bigint
  readonly deadline: bigint
  readonly input: readonly string[]
  /** The file that opens the commitments, if it was asked for. */
  readonly opening?: string
}

/**
 * Asks, and returns when the request is on the chain. What opens a commitment is written before that, so that it cannot
 * be lost. Throws `OtherModelError`, `NoSuchSampleError`, `UnopenedError`, what reading and converting the sample
 * throws, `RevertError`, and the errors of `reach`.
 */
export async function askBoard(options: AskOptions, chain: OpenChain): Promise<AskedFor> {
  const { bounty, token = ZERO_ADDRESS } = options
  const given = 'signals' in options.input ? undefined : options.input
  const model = given === undefined ? undefined : await openModel(given.dir)
  const modelId = options.modelId ?? (await registeredId(dirOf(given), chain.chain.id))
  const board = options.board ?? (await standingBoard(chain, given?.dir, options.deployMissing))
  if (model !== undefined) {
    await assertRegistered(chain, await registryOf(chain.chain, board), modelId, model)
  }
  const { input, data, opening } =
    'signals' in options.input
      ? { input: options.input.signals, data: undefined, opening: undefined }
      : await inputOf(model!, options.input)
  const deadline = await deadlineOf(options.deadline, chain)
  const signer = await chain.signer()
  if (token !== ZERO_ADDRESS) await allow(chain.chain, signer, token, board, bounty)
  const { callback, callbackGas } = options
  const { id, gas } = await request(
    { chain: chain.chain, signer, address: board },
    {
      ...{ modelId, input, token, bounty, deadline },
      ...(data === undefined ? {} : { data }),
      ...(callback === undefined ? {} : { callback }),
      ...(callbackGas === undefined ? {} : { callbackGas }),
    },
  )
  return { id, board, modelId, gas, deadline, input, ...(opening === undefined ? {} : { opening }) }
}

function dirOf(given: SampleInput | undefined): string {
  if (given === undefined) throw new NoModelIdError()
  return given.dir
}

async function inputOf({ manifest }: OwnModel, given: SampleInput) {
  const { file, sample = 0, salt, reveal = false, keep } = given
  const { rows, places } = await loadFor(file, manifest.inputs, manifest.fixed)
  const row = rows[places.indexOf(sample)]
  if (row === undefined) throw new NoSuchSampleError(file, sample, rows.length)
  const { signals, opening } = signalsOf(manifest, integersOf(manifest, row), salt ?? freshSalt())
  const input = signals.map(String)
  if (opening === undefined) return { input }
  // a commitment that nobody can open could never be answered
  if (!reveal && keep === undefined && salt === undefined) throw new UnopenedError()
  const path = keep === undefined ? undefined : openingPath(keep, manifest, signals)
  if (path !== undefined) {
    await ensureDir(dirname(path))
    await writeJson(path, opening)
  }
  return {
    input,
    ...(reveal ? { data: dataOf(opening) } : {}),
    ...(path === undefined ? {} : { opening: path }),
  }
}

function dataOf(opening: InputOpening): Hex {
  return `0x${Buffer.from(JSON.stringify(opening), 'utf8').toString('hex')}`
}

async function deadlineOf(deadline: AskOptions['deadline'], { chain }: OpenChain): Promise<bigint> {
  if ('at' in deadline) return deadline.at
  const newest = await reach(chain, () => chain.provider.getBlock('latest'))
  return BigInt(newest!.timestamp) + deadline.within
}

export class NoModelIdError extends BaseError {
  override name = 'Board.NoModelIdError'
  constructor() {
    super('It was not said which model the signals are for.', {
      hint: "give the model's id in the board's registry with --model-id",
    })
  }
}

export class NoSuchSampleError extends BaseError {
  override name = 'Board.NoSuchSampleError'
  constructor(file: string, sample: number, count: number) {
    super(`${file} has no sample ${sample}.`, {
      hint: `give a number from 0 to ${count - 1}`,
    })
  }
}

export class UnopenedError extends BaseError {
  override name = 'Board.UnopenedError'
  constructor() {
    super('The model commits to its input, and nobody would be told what opens the commitment.', {
      hint: 'let everyone read it with --reveal, or keep it for your prover with --keep DIR',
    })
  }
}
