/** The registry of models and the board of requests, which are the same for all models. */
import { InternalError } from '../../base/errors.js'
import { type CompiledContract, compileSolidity, type Sources } from '../solc.js'
import { sourcesOf } from './model-contracts.js'

export type BoardContracts = { readonly registry: CompiledContract; readonly board: CompiledContract }

/** Compiles both. Takes some ten seconds, and blocks for as long. */
export async function compileBoardContracts(): Promise<BoardContracts> {
  return pickBoard(compileSolidity(await boardSources()))
}

export function pickBoard(contracts: ReadonlyMap<string, CompiledContract>): BoardContracts {
  const [registry, board] = ['ModelRegistry', 'PredictionBoard'].map((name) => contracts.get(name))
  if (registry === undefined || board === undefined) throw new InternalError('The compiler gave no board.')
  return { registry, board }
}

const FILES = [
  'interfaces/IERC165.sol',
  'interfaces/IERC20.sol',
  'interfaces/IERC7992.sol',
  'interfaces/IGroth16Verifier.sol',
  'interfaces/IModelRegistry.sol',
  'interfaces/IPredictionBoard.sol',
  'interfaces/IPredictionCallback.sol',
  'interfaces/IVerifier.sol',
  'lib/CodeStore.sol',
  'lib/Context.sol',
  'lib/Payment.sol',
  'lib/Schema.sol',
  'ModelRegistry.sol',
  'PredictionBoard.sol',
] as const

/** The Solidity of both, by the import paths that a package's users write. */
export function boardSources(): Promise<Sources> {
  return sourcesOf(FILES)
}
