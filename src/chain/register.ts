/** Models in the registry: put there, read, deprecated. */
import { SCHEMES, type Scheme } from '../artifacts/scheme.js'
import type { Part, Statement } from '../artifacts/statement.js'
import { RevertError } from './abi.js'
import { REGISTRY } from './abi-board.js'
import { ask, contractAt } from './contract.js'
import { type Chain, keccak256, type Signer, toUtf8Bytes } from './provider.js'
import { transact } from './transact.js'
import type { Hex } from './types.js'

/** What a publisher says of a model: `IModelRegistry.Model`, with the statement for its schema. */
export type Entry = {
  readonly digests: Readonly<Record<'onnx' | 'manifest' | 'circuit' | 'verifyingKey' | 'fidelity', Hex>>
  /** The id of the model inside contexts. */
  readonly modelId: Hex
  readonly verifier: string
  /** Of a verifier of many keys: which one. */
  readonly keyId?: Hex
  readonly setup: Setup
  /** The commitment to the weights, where they are secret. */
  readonly weights?: bigint
  /** The entry that this one is a new version of. */
  readonly predecessor?: bigint
  readonly schema: readonly SchemaPart[]
  readonly uri?: string
}

/** How keys were made; whether in a ceremony is the publisher's word. */
export type Setup = 'unknown' | 'dev' | 'ceremony'

/** `IModelRegistry.Setup`, by its index. */
const SETUPS: readonly Setup[] = ['unknown', 'dev', 'ceremony']

/** `Schema.Part`: enumerations by their index, the scale as the bits of a double. */
export type SchemaPart = {
  readonly role: number
  readonly shows: number
  readonly width: number
  readonly perSignal: number
  readonly count: number
  readonly lo: bigint
  readonly scale: bigint
}

export type Registration = {
  /** The model's id in this registry. */
  readonly id: bigint
  readonly transaction: string
  readonly gas: bigint
}

/** What verifying a registered model takes: `IModelRegistry.Facts`. */
export type RegisteredModel = {
  readonly publisher: string
  readonly registeredAt: number
  readonly modelId: Hex
  readonly verifier: string
  readonly keyId: Hex
  readonly setup: Setup
  readonly outputSignals: number
  readonly inputSignals: number
  readonly signals: number
  readonly weights: bigint
  readonly predecessor: bigint
  readonly scheme: Scheme
  readonly deprecated: boolean
}

/** No digest: of an ONNX file that would tell secret weights, say. */
export const NONE: Hex = `0x${'0'.repeat(64)}`

/** Registers a model; the signer is its publisher. Throws `RevertError`, `NoContractError`, the errors of `reach`. */
export async function register(
  chain: Chain,
  signer: Signer,
  registryAddress: string,
  entry: Entry,
): Promise<Registration> {
  const registry = await contractAt(chain, registryAddress, REGISTRY, signer)
  const call = { method: 'register', args: [entryCall(entry)] }
  const { answer, receipt } = await transact<bigint>(chain, registry, call)
  return { id: answer, transaction: receipt.hash, gas: receipt.gasUsed }
}

/** The id that an entry of this publisher has, and whether it is registered already. */
export async function entryId(
  chain: Chain,
  registryAddress: string,
  publisher: string,
  entry: Entry,
): Promise<{ readonly id: bigint; readonly registered: boolean }> {
  const registry = await contractAt(chain, registryAddress, REGISTRY)
  const ids = registry.getFunction('modelIdOf')
  const id: bigint = await ask(chain, registry, () => ids.staticCall(publisher, entryCall(entry)))
  const registered = await registeredModel(chain, registryAddress, id).then(
    () => true,
    (error: unknown) => {
      if (error instanceof RevertError && error.contractError === 'ModelNotFound') return false
      throw error
    },
  )
  return { id, registered }
}

/** Marks an entry as deprecated: nobody can ask for it any more, and what was verified stays so. */
export async function deprecate(
  chain: Chain,
  signer: Signer,
  registryAddress: string,
  id: bigint,
): Promise<void> {
  const registry = await contractAt(chain, registryAddress, REGISTRY, signer)
  await transact(chain, registry, { method: 'deprecateModel', args: [id] })
}

/** Throws `RevertError` ModelNotFound, `NoContractError`, and the errors of `reach`. */
export async function registeredModel(
  chain: Chain,
  registryAddress: string,
  id: bigint,
): Promise<RegisteredModel> {
  const registry = await contractAt(chain, registryAddress, REGISTRY)
  const [facts, deprecated] = await ask(chain, registry, () =>
    Promise.all(['factsOf', 'isDeprecated'].map((name) => registry.getFunction(name).staticCall(id))),
  )
  return {
    publisher: facts.publisher,
    registeredAt: Number(facts.registeredAt),
    modelId: facts.statementModel,
    verifier: facts.verifier,
    keyId: facts.keyId,
    setup: SETUPS[Number(facts.setup)]!,
    outputSignals: Number(facts.outputSignals),
    inputSignals: Number(facts.inputSignals),
    signals: Number(facts.signals),
    weights: facts.weights,
    predecessor: facts.predecessor,
    // the registry takes no others
    scheme: SCHEMES.find((scheme) => proofSystemOf(scheme) === facts.proofSystem)!,
    deprecated,
  }
}

/** As ERC-7992 names it. */
export function proofSystemOf(scheme: Scheme): Hex {
  return keccak256(toUtf8Bytes(`${scheme}-bn254-v1`)).slice(0, 10) as Hex
}

/** The schema of a statement. `scales` are those of the outputs' and the inputs' parts: one for all elements, or one each. */
export function schemaOf(
  statement: Pick<Statement, 'outputs' | 'inputs' | 'model'>,
  scales: {
    readonly outputs: readonly (readonly number[])[]
    readonly inputs: readonly (readonly number[])[]
  },
): SchemaPart[] {
  return [
    ...statement.outputs.map((part, i) => schemaPart(0, part, scales.outputs[i])),
    ...statement.inputs.map((part, i) => schemaPart(1, part, scales.inputs[i])),
    ...(statement.model === undefined ? [] : [schemaPart(2, statement.model)]),
  ]
}

const SHOWS = ['values', 'commitment', 'class', 'threshold', 'margin']

function schemaPart(role: number, part: Part, scales: readonly number[] = []): SchemaPart {
  const { width, perSignal, count } = part
  const [scale, ...others] = new Set(scales)
  const one = scale !== undefined && others.length === 0 && part.shows !== 'commitment'
  return {
    role,
    shows: SHOWS.indexOf(part.shows),
    width,
    perSignal,
    count,
    lo: BigInt(part.lo),
    scale: one && part.shows !== 'class' ? doubleBits(scale) : 0n,
  }
}

function doubleBits(value: number): bigint {
  return new BigUint64Array(Float64Array.of(value).buffer)[0]!
}

/** `IModelRegistry.Model` of an entry, as a call takes it. */
export function entryCall({ digests, modelId, verifier, setup, schema, ...rest }: Entry) {
  const { keyId = NONE, weights = 0n, predecessor = 0n, uri = '' } = rest
  const made = SETUPS.indexOf(setup)
  return {
    ...digests,
    statementModel: modelId,
    verifier,
    keyId,
    setup: made,
    weights,
    predecessor,
    schema,
    uri,
  }
}
