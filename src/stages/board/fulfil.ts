/** One request of a board answered: read, its input found, proven for its context, and handed in. */
import { BaseError } from '../../base/errors.js'
import { creditOf, fulfil, registryOf, requestOf, type State } from '../../chain/board.js'
import { type Asked, askedOf } from '../../chain/board-events.js'
import { reach } from '../../chain/provider.js'
import type { Hex } from '../../chain/types.js'
import type { BackendChoice } from '../../prover/backend.js'
import { assertKeysBelong } from '../../prover/open.js'
import type { Prediction } from '../../workers/messages.js'
import { openPool } from '../../workers/pool.js'
import type { OpenChain } from '../chain.js'
import { answerOf, assertRegistered, openModel, taskOf } from './answer.js'
import { provableInput } from './inputs.js'
import { sharedBoard } from './place.js'

export type FulfilOptions = {
  readonly dir: string
  /** Default: the board that all share, for the registry that the model is registered in. */
  readonly board?: string
  readonly request: Hex
  /** Who is credited. Default: who signs. */
  readonly beneficiary?: string
  /** A folder with what opens commitments. */
  readonly inputs?: string
  /** Who makes the proof; by default snarkjs. */
  readonly backend?: BackendChoice
  readonly onStep?: (step: 'reading' | 'proving' | 'sending') => void
  readonly signal?: AbortSignal
}

export type Fulfilled = {
  readonly request: Hex
  readonly beneficiary: string
  readonly bounty: bigint
  readonly token: string
  readonly gas: bigint
  /** What the beneficiary can now withdraw of the token. */
  readonly credit: bigint
  readonly prediction: Prediction
}

/**
 * Throws `NotOpenError` before anything is proven, `UnprovableInputError`, `OtherModelError`, what proving throws,
 * `RevertError`, and the errors of `reach`.
 */
export async function fulfilRequest(options: FulfilOptions, on: OpenChain): Promise<Fulfilled> {
  const { dir, request: id, inputs, signal, onStep = () => {} } = options
  const { chain } = on
  onStep('reading')
  const board = options.board ?? (await sharedBoard(dir))
  const model = await openModel(dir)
  await assertKeysBelong(dir, model.manifest)
  const asked = await openRequest(board, id, on)
  await assertRegistered(on, await registryOf(chain, board), asked.modelId, model)
  const input = await provableInput(model.manifest, asked.input, { data: asked.data, folder: inputs })
  const signer = await on.signer()
  const beneficiary = options.beneficiary ?? (await signer.getAddress())

  onStep('proving')
  const task = taskOf(asked, input, { chainId: chain.id, modelId: model.modelId, beneficiary })
  const pool = openPool(dir, {
    ...{ threads: 1, tasks: 1, backend: options.backend },
    scheme: model.manifest.scheme,
  })
  const outcome = await pool.run(task, signal).finally(() => pool.close())
  const answer = answerOf(asked, outcome, beneficiary, model.manifest)
  signal?.throwIfAborted()

  onStep('sending')
  const { gas } = await fulfil({ chain, signer, address: board }, id, answer)
  const { bounty, token } = asked
  const credit = await creditOf(chain, board, token, beneficiary)
  return { request: id, beneficiary, bounty, token, gas, credit, prediction: outcome.prediction }
}

async function openRequest(board: string, id: Hex, { chain }: OpenChain): Promise<Asked> {
  const { state, deadline } = await requestOf(chain, board, id)
  if (state === 'fulfilled' || state === 'reclaimed') throw new NotOpenError(id, state)
  const asked = await askedOf(chain, board, id)
  const newest = await reach(chain, () => chain.provider.getBlock('latest'))
  if (BigInt(newest!.timestamp) > deadline) throw new NotOpenError(id, 'over')
  return asked
}

export class NotOpenError extends BaseError {
  override name = 'Board.NotOpenError'
  constructor(
    readonly id: Hex,
    readonly state: State | 'over',
  ) {
    super(`The request ${id} can no longer be fulfilled.`, {
      details: [state === 'over' ? 'its deadline has passed' : `it was ${state}`],
      fault: 'answer',
    })
  }
}
