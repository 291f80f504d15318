/** The models that a node proves, and which entries of a board's registry are about them. */

import { BaseError } from '../../base/errors.js'
import { RevertError } from '../../chain/abi.js'
import { registryOf } from '../../chain/board.js'
import type { Chain } from '../../chain/provider.js'
import { registeredModel } from '../../chain/register.js'
import { assertKeysBelong } from '../../prover/open.js'
import { type OwnModel, openModel } from '../board/answer.js'

export type Served = {
  readonly own: OwnModel
  /** Of the newest proof. */
  milliseconds: number | undefined
  /** Of the newest fulfilment, without its callback. */
  gas: bigint | undefined
}

export type Models = {
  readonly served: readonly Served[]
  /** The model that an entry of the board's registry is about, if it is among ours. */
  find(chain: Chain, board: string, modelId: bigint): Promise<Served | undefined>
}

/** Opens folders of compiled models. Throws what reading them throws, and `UnservableError`. */
export async function openModels(dirs: readonly string[]): Promise<Models> {
  const served: Served[] = []
  for (const dir of dirs) {
    const own = await openModel(dir)
    await assertKeysBelong(dir, own.manifest)
    assertServable(own)
    served.push({ own, milliseconds: undefined, gas: undefined })
  }
  const registries = new Map<string, string>()
  // entries never change
  const entries = new Map<string, string | undefined>()
  return {
    served,
    async find(chain, board, modelId) {
      const registry = registries.get(board) ?? (await registryOf(chain, board))
      registries.set(board, registry)
      const key = `${registry}/${modelId}`
      if (!entries.has(key)) entries.set(key, await statementModelOf(chain, registry, modelId))
      const name = entries.get(key)
      return served.find(({ own }) => own.modelId.toLowerCase() === name)
    },
  }
}

async function statementModelOf(chain: Chain, registry: string, id: bigint): Promise<string | undefined> {
  try {
    return (await registeredModel(chain, registry, id)).modelId.toLowerCase()
  } catch (error) {
    if (error instanceof RevertError) return undefined
    throw error
  }
}

/** Requests name an input and nothing else. */
function assertServable({ dir, manifest: { inputs, outputs } }: OwnModel): void {
  const hidden = inputs.find(({ visibility }) => visibility === 'private')
  if (hidden !== undefined) throw new UnservableError(dir, `its input "${hidden.name}" is private`)
  const claim = outputs.find(({ visibility }) => visibility === 'threshold')
  if (claim !== undefined) {
    throw new UnservableError(
      dir,
      `of its output "${claim.name}" it proves a threshold that no request names`,
    )
  }
}

export class UnservableError extends BaseError {
  override name = 'Watch.UnservableError'
  constructor(
    readonly dir: string,
    reason: string,
  ) {
    super(`Requests for the model in ${dir} cannot be fulfilled without more being known: ${reason}.`, {
      hint: 'leave it out, or compile it to show its inputs (or commitments to them) and its outputs or their class',
    })
  }
}
