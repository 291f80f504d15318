/**
 * The verifiers of many keys, `contracts/Groth16Verifier.sol` and `contracts/Groth16LookupVerifier.sol`, which are called
 * alike: registers keys there, and asks them about proofs.
 */
import { BaseError } from '../base/errors.js'
import { RevertError, SHARED_VERIFIER } from './abi.js'
import { ask, contractAt } from './contract.js'
import { type Deployed, DevKeysError, deployContract } from './deploy.js'
import { AbiCoder, type Chain, isLocal, keccak256, NoAnswerError, reach, type Signer } from './provider.js'
import { type CompiledContract, compileSolidity } from './solc.js'
import { type Key, readKey } from './solidity/key.js'
import { type SharedName, sharedVerifier } from './solidity/model-contracts.js'
import { type G2, negateG1, negateG2, type ProofWords, proofWords } from './solidity/points.js'
import { parseSignals } from './submit.js'
import { transact } from './transact.js'
import type { Hex, KeyKind, Proof, VerificationKey } from './types.js'

export type RegisteredKey = { readonly keyId: Hex; readonly transaction: string; readonly gas: bigint }

/** A proof and its public signals, in decimal. */
export type Proven = { readonly proof: Proof; readonly signals: readonly string[] }

/** The one for keys of this scheme. */
export function sharedName({ protocol }: Pick<VerificationKey, 'protocol'>): SharedName {
  return protocol === 'groth16-lookup' ? 'Groth16LookupVerifier' : 'Groth16Verifier'
}

/** Throws `RevertError` and the errors of `reach`. */
export async function deploySharedVerifier(
  chain: Chain,
  signer: Signer,
  name: SharedName = 'Groth16Verifier',
): Promise<Deployed> {
  return deployContract(chain, signer, await sharedContract(name), [])
}

const compiled = new Map<SharedName, CompiledContract>()

/** Compiled once a process. */
export async function sharedContract(name: SharedName = 'Groth16Verifier'): Promise<CompiledContract> {
  const before = compiled.get(name)
  if (before !== undefined) return before
  const contract = compileSolidity(await sharedVerifier(name)).get(name)!
  compiled.set(name, contract)
  return contract
}

/**
 * Registers a verifying key; returns when it is mined. A key that is registered already keeps its id.
 * Throws what `readKey` throws, `DevKeysError` and `SubgroupError` before anything is sent, `RevertError`,
 * `NoContractError`, and the errors of `reach`.
 */
export async function registerKey(
  chain: Chain,
  signer: Signer,
  verifierAddress: string,
  { verificationKey, keys }: registerKey.Options,
): Promise<RegisteredKey> {
  if (keys === 'dev' && !isLocal(chain.id)) throw new DevKeysError(chain.id)
  const key = readKey(verificationKey, keys)
  await assertSubgroup(chain, key)
  const verifier = await contractAt(chain, verifierAddress, SHARED_VERIFIER, signer)
  const args = [keyWords(key), keys === 'dev']
  const { answer, receipt } = await transact<Hex>(chain, verifier, { method: 'register', args })
  return { keyId: answer, transaction: receipt.hash, gas: receipt.gasUsed }
}

export declare namespace registerKey {
  type Options = { readonly verificationKey: VerificationKey; readonly keys: KeyKind }
}

/** Whether a key is registered. Throws `NoContractError`, and the errors of `reach`. */
export async function isKeyRegistered(chain: Chain, verifierAddress: string, keyId: Hex): Promise<boolean> {
  const verifier = await contractAt(chain, verifierAddress, SHARED_VERIFIER)
  return ask(chain, verifier, () => verifier.getFunction('keyOf').staticCall(keyId)).then(
    () => true,
    (error: unknown) => {
      if (error instanceof RevertError && error.contractError === 'UnknownKey') return false
      throw error
    },
  )
}

/** Returns if the proof holds; throws `RevertError` if not, `NoContractError`, and the errors of `reach`. */
export async function verifyWithKey(
  chain: Chain,
  verifierAddress: string,
  keyId: Hex,
  { proof, signals }: Proven,
): Promise<void> {
  const args = [keyId, proofWords(proof), parseSignals(signals)]
  const verifier = await contractAt(chain, verifierAddress, SHARED_VERIFIER)
  await ask(chain, verifier, () => verifier.getFunction('verify').staticCall(...args))
}

/** As `verifyWithKey`, for all proofs at once. Does not tell which one is at fault. */
export async function verifyBatch(
  chain: Chain,
  verifierAddress: string,
  keyId: Hex,
  batch: readonly Proven[],
): Promise<void> {
  const args = [keyId, ...batchWords(batch)]
  const verifier = await contractAt(chain, verifierAddress, SHARED_VERIFIER)
  await ask(chain, verifier, () => verifier.getFunction('verifyBatch').staticCall(...args))
}

/** The arguments of `verifyBatch` behind the key: all proofs, and all signals one after the other. */
export function batchWords(batch: readonly Proven[]): [ProofWords[], bigint[]] {
  return [batch.map(({ proof }) => proofWords(proof)), batch.flatMap(({ signals }) => parseSignals(signals))]
}

/** The id that a key has, on every chain and at every address of the verifier. Throws what `readKey` throws. */
export function keyIdOf(verificationKey: VerificationKey, keys: KeyKind): Hex {
  const { alpha, beta, delta, commitment, ic } = readKey(verificationKey, keys)
  const own = commitment === undefined ? [] : negateG2(commitment)
  const words = [...negateG1(alpha), ...beta, ...negateG2(delta), ...own, ...ic.flat()]
  const hex = words.map((word) => word.toString(16).padStart(64, '0')).join('')
  return keccak256(`${CODE_PREFIX}${keys === 'dev' ? 'fe' : '00'}${hex}`) as Hex
}

/** Code that returns what follows it. */
const CODE_PREFIX = '0x600b380380600b5f395ff3'

const NONE: G2 = [0n, 0n, 0n, 0n]

/** `IGroth16Verifier.Key` */
function keyWords({ alpha, beta, gamma, delta, commitment = NONE, ic }: Key) {
  const pairs = ([x1, x0, y1, y0]: G2) => [
    [x1, x0],
    [y1, y0],
  ]
  return {
    alpha: [...alpha],
    beta: pairs(beta),
    gamma: pairs(gamma),
    delta: pairs(delta),
    commitment: pairs(commitment),
    ic: ic.map((p) => [...p]),
  }
}

const PAIRING = `0x${'8'.padStart(40, '0')}`

/**
 * The contract leaves this to verification, since a pairing costs a quarter of a registration. To ask costs nothing: a
 * pairing with infinity still refuses a point of the twist that is out of the subgroup.
 */
async function assertSubgroup(chain: Chain, { beta, delta, commitment = NONE }: Key): Promise<void> {
  for (const [name, point] of [
    ['vk_beta_2', beta],
    ['vk_delta_2', delta],
    ['vk_commitment_2', commitment],
  ] as const) {
    const data = AbiCoder.defaultAbiCoder().encode(Array(6).fill('uint256'), [0n, 0n, ...point])
    const answer = await reach(chain, () => chain.provider.call({ to: PAIRING, data })).catch(
      (error: unknown) => {
        if (error instanceof NoAnswerError) throw error
        return '0x' // the precompile refused, which nodes report in words of their own
      },
    )
    if (answer === '0x') throw new SubgroupError(name)
  }
}

export class SubgroupError extends BaseError {
  override name = 'Chain.SubgroupError'
  constructor(readonly field: string) {
    super(`\`${field}\` is not a point of the subgroup that keys are made of.`, {
      hint: 'give a verification_key.json that `zkonnx setup` or a finished ceremony wrote',
    })
  }
}
