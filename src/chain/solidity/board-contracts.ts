/** The registry of models, the board of requests and the ledger of predictions, which are the same for all models. */
import { InternalError } from '../../base/errors.js'
import { type CompiledContract, compileSolidity, type Sources } from '../solc.js'
import { sourcesOf } from './model-contracts.js'

export type BoardContracts = Readonly<Record<'registry' | 'board' | 'ledger', CompiledContract>>

/** Compiles them. Takes some ten seconds, and blocks for as long. */
export async function compileBoardContracts(): Promise<BoardContracts> {
  return pickBoard(compileSolidity(await boardSources()))
}

export function pickBoard(contracts: ReadonlyMap<string, CompiledContract>): BoardContracts {
  const [registry, board, ledger] = ['ModelRegistry', 'PredictionBoard', 'PredictionLedger'].map((name) =>
    contracts.get(name),
  )
  if (registry === undefined || board === undefined || ledger === undefined)
    throw new InternalError('The compiler gave no registry, no board or no ledger.')
  return { registry, board, ledger }
}

const FILES = [
  'interfaces/IERC165.sol',
  'interfaces/IERC20.sol',
  'interfaces/IERC7992.sol',
  'interfaces/IGroth16Verifier.sol',
  'interfaces/IModelRegistry.sol',
  'interfaces/IPredictionBoard.sol',
  'interfaces/IPredictionCallback.sol',
  'interfaces/IPredictionConsumer.sol',
  'interfaces/IPredictionLedger.sol',
  'interfaces/IVerifier.sol',
  'lib/CodeStore.sol',
  'lib/Context.sol',
  'lib/Payment.sol',
  'lib/ProofSystem.sol',
  'lib/Schema.sol',
  'ModelRegistry.sol',
  'PredictionBoard.sol',
  'PredictionLedger.sol',
] as const

/** The Solidity of all, by the import paths that a package's users write. */
export function boardSources(): Promise<Sources> {
  return sourcesOf(FILES)
}
