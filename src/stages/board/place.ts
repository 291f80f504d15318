/** Which board, where none is named: the one that stands at the same address on every chain. */
import { BaseError } from '../../base/errors.js'
import { common, provide } from '../../chain/commons.js'
import type { OpenChain } from '../chain.js'
import { NotRegisteredError, readRegistration } from '../register.js'

/** For the registry that the model of the folder is registered in, or else the one that all share. */
export async function sharedBoard(dir?: string): Promise<string> {
  const registration = dir === undefined ? undefined : await registrationOf(dir)
  return registration?.board ?? (await common('PredictionBoard', registration?.registry)).address
}

/** The same for several models: each board once. */
export async function sharedBoards(dirs: readonly string[]): Promise<string[]> {
  const boards = await Promise.all(dirs.map((dir) => sharedBoard(dir)))
  return [...new Set(boards)]
}

/**
 * The same, put there if it is missing: on local chains, elsewhere with consent only. Throws what `provide` throws.
 */
export async function standingBoard(
  { chain, signer }: OpenChain,
  dir: string | undefined,
  consent: boolean | undefined,
): Promise<string> {
  const registration = dir === undefined ? undefined : await registrationOf(dir)
  if (registration?.board !== undefined) return registration.board
  const board = await common('PredictionBoard', registration?.registry)
  await provide(chain, await signer(), [board], consent === undefined ? {} : { consent })
  return board.address
}

/** The id that the model of the folder has in the registry of this chain. Throws `NotRegisteredError`, `OtherChainError`. */
export async function registeredId(dir: string, chainId: bigint): Promise<bigint> {
  const registration = await readRegistration(dir)
  if (BigInt(registration.chainId) !== chainId) throw new OtherChainError(dir, registration.chainId, chainId)
  return BigInt(registration.id)
}

async function registrationOf(dir: string) {
  return readRegistration(dir).catch((error: unknown) => {
    if (error instanceof NotRegisteredError) return undefined
    throw error
  })
}

export class OtherChainError extends BaseError {
  override name = 'Board.OtherChainError'
  constructor(dir: string, found: string, wanted: bigint) {
    super(`The model in ${dir} is registered on chain ${found}, and this is chain ${wanted}.`, {
      hint: "register it here too, or give the model's id in this chain's registry with --model-id",
    })
  }
}
