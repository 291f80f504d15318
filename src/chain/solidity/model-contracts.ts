/** A model's contracts: hand-written Solidity of `contracts/` and what is generated for the model, compiled together. */
import { readFile } from 'node:fs/promises'
import { InternalError } from '../../base/errors.js'
import { type CompiledContract, compileSolidity, type Sources } from '../solc.js'
import type { Hex, KeyKind, VerificationKey } from '../types.js'
import { renderConsumer } from './consumer-kit.js'
import { VerificationKeyError } from './key.js'
import type { ModelFacts } from './model-facts.js'
import { renderModelLibrary, renderRecord } from './model-library.js'
import { renderVerifier } from './verifier.js'

export type ModelContracts = {
  readonly name: string
  readonly modelId: Hex
  readonly keys: KeyKind
  /** Whether dev keys were let out of local chains. */
  readonly forgeable: boolean
  /** Generated files by name, without folders. */
  readonly generated: Sources
  readonly verifier: CompiledContract
  readonly record: CompiledContract
}

/**
 * Renders and compiles the verifier, the library and the record of a model.
 * Throws what `renderVerifier` and `renderModelLibrary` throw, and `SolidityError`.
 */
export async function compileModelContracts(model: compileModelContracts.Options): Promise<ModelContracts> {
  const { name, modelId, keys, verificationKey, forgeable = false } = model
  const signals = model.statement.context + 1
  if (verificationKey.nPublic !== signals) {
    throw new VerificationKeyError(
      `it is for ${verificationKey.nPublic} public signals, the model has ${signals}`,
    )
  }
  const generated = {
    [`${name}Verifier.sol`]: renderVerifier({ name, modelId, keys, verificationKey, forgeable }),
    [`${name}Model.sol`]: renderModelLibrary(model),
    [`${name}Record.sol`]: renderRecord(model),
    [`${name}Consumer.sol`]: renderConsumer(model),
  }
  const contracts = compileSolidity({ ...(await handWritten()), ...underFolder('generated', generated) })
  return {
    name,
    modelId,
    keys,
    forgeable,
    generated,
    verifier: pick(contracts, `${name}Verifier`),
    record: pick(contracts, `${name}Record`),
  }
}

export declare namespace compileModelContracts {
  type Options = ModelFacts & {
    readonly keys: KeyKind
    readonly verificationKey: VerificationKey
    /** Whether dev keys may go to any chain, where their maker can forge every prediction. */
    readonly forgeable?: boolean
  }
}

/** What generated contracts import. */
const IMPORTED = [
  'interfaces/IVerifier.sol',
  'interfaces/IPredictionConsumer.sol',
  'interfaces/IPredictionRecord.sol',
  'lib/Context.sol',
  'PredictionConsumer.sol',
  'PredictionRecord.sol',
] as const

/** What both verifiers of many keys import. */
const SHARED = [
  'interfaces/IVerifier.sol',
  'interfaces/IGroth16Verifier.sol',
  'lib/Batch.sol',
  'lib/Bn254.sol',
  'lib/KeyStore.sol',
  'lib/ProofSystem.sol',
] as const

/** The Solidity of `contracts/` that generated contracts import, by the import paths that a package's users write. */
export function handWritten(): Promise<Sources> {
  return sourcesOf(IMPORTED)
}

/** The verifiers of many keys, by the scheme of the keys. */
export type SharedName = 'Groth16Verifier' | 'Groth16LookupVerifier'

/** Of a verifier of many keys. */
export function sharedVerifier(name: SharedName = 'Groth16Verifier'): Promise<Sources> {
  return sourcesOf([...SHARED, `${name}.sol`])
}

/** Files of `contracts/`, by the same import paths. */
export async function sourcesOf(paths: readonly string[]): Promise<Sources> {
  const folder = new URL('../../../contracts/', import.meta.url)
  const files = paths.map(async (path) => {
    return [`zkonnx/contracts/${path}`, await readFile(new URL(path, folder), 'utf8')] as const
  })
  return Object.fromEntries(await Promise.all(files))
}

function underFolder(folder: string, sources: Sources): Sources {
  return Object.fromEntries(Object.entries(sources).map(([file, text]) => [`${folder}/${file}`, text]))
}

function pick(contracts: ReadonlyMap<string, CompiledContract>, name: string): CompiledContract {
  const contract = contracts.get(name)
  if (contract === undefined) throw new InternalError(`The compiler gave no contract ${name}.`)
  return contract
}
