/** From a request to what fulfils it: a task for the workers, and what becomes of their outcome. */
import { type Manifest, readManifest } from '../../artifacts/manifest.js'
import { signalCount } from '../../artifacts/statement.js'
import { BaseError, InternalError } from '../../base/errors.js'
import type { fulfil } from '../../chain/board.js'
import type { Asked } from '../../chain/board-events.js'
import { contextOf } from '../../chain/context.js'
import { registeredModel } from '../../chain/register.js'
import { factsOf } from '../../chain/solidity/model-facts.js'
import type { Hex } from '../../chain/types.js'
import type { Outcome, Task } from '../../workers/messages.js'
import type { OpenChain } from '../chain.js'
import type { ProvableInput } from './inputs.js'

/** A compiled model, with its name in contexts. */
export type OwnModel = { readonly dir: string; readonly manifest: Manifest; readonly modelId: Hex }

/** Throws what reading the manifest throws. */
export async function openModel(dir: string): Promise<OwnModel> {
  const manifest = await readManifest(dir)
  return { dir, manifest, modelId: factsOf(manifest).modelId }
}

/** The proof of a request is bound to its board, its id as the nonce, and its deadline. */
export function taskOf(
  asked: Asked,
  { values, salt }: ProvableInput,
  binding: { readonly chainId: bigint; readonly modelId: Hex; readonly beneficiary: string },
): Task {
  const context = contextOf({
    ...binding,
    consumer: asked.board,
    nonce: BigInt(asked.id),
    deadline: asked.deadline,
  })
  return {
    kind: 'prove',
    sample: { index: 0, inputs: values },
    context,
    ...(salt === undefined ? {} : { salt }),
  }
}

/** What the board is given. */
export function answerOf(
  { id, input }: Asked,
  outcome: Outcome,
  beneficiary: string,
  { statement }: Pick<Manifest, 'statement'>,
): fulfil.Answer {
  if (outcome.kind !== 'prove') throw new InternalError('A proof was asked for, and a witness came.')
  const { signals } = outcome.prediction
  const end = signalCount(statement) - 1 - (statement.model === undefined ? 0 : 1)
  const shown = signals.slice(end - input.length, end)
  if (String(shown) !== String(input)) {
    throw new InternalError(`The proof for request ${id} shows another input than was asked about.`)
  }
  return { proof: outcome.proof, signals, beneficiary }
}

/** Throws `OtherModelError` unless the entry of the registry is about the model of the folder. */
export async function assertRegistered(
  { chain }: Pick<OpenChain, 'chain'>,
  registry: string,
  id: bigint,
  model: OwnModel,
): Promise<void> {
  const entry = await registeredModel(chain, registry, id)
  if (entry.modelId.toLowerCase() !== model.modelId.toLowerCase()) {
    throw new OtherModelError(model, id, entry.modelId)
  }
}

export class OtherModelError extends BaseError {
  override name = 'Board.OtherModelError'
  constructor(model: OwnModel, id: bigint, found: string) {
    super(`Model ${id} of the registry is not the one in ${model.dir}.`, {
      details: [`registered: ${found}`, `here:       ${model.modelId}`],
      hint: 'give the folder of the registered model, or the id of the model in this folder',
    })
  }
}
