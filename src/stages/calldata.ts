/** What a contract that acts on predictions is called with: the three arguments of a `<Name>Consumer`'s `_take`. */
import { readManifest } from '../artifacts/manifest.js'
import { BaseError } from '../base/errors.js'
import { type ProofWords, proofWords } from '../chain/solidity/points.js'
import { readProof, verify } from './verify.js'

export type CallArguments = {
  /** `IVerifier.Proof` */
  readonly proof: ProofWords
  readonly signals: readonly bigint[]
  /** `IPredictionConsumer.Terms` */
  readonly terms: { readonly beneficiary: string; readonly nonce: bigint; readonly deadline: bigint }
}

/**
 * The arguments for a proof that holds and is bound to a contract, as ethers and viem take them.
 * Throws `NotForContractError` for a proof that no contract would accept, and what `verify` throws.
 */
export async function callArguments(dir: string, path: string): Promise<CallArguments> {
  const { valid, reason, prediction } = await verify(dir, path)
  if (!valid) throw new NotForContractError(path, reason!)
  const { context } = prediction
  if (context.kind !== 'chain') throw new NotForContractError(path, 'it is bound to no contract')
  const { proof, signals } = await readProof(path, await readManifest(dir))
  const { beneficiary, nonce, deadline } = context
  return {
    proof: proofWords(proof),
    signals: signals.map(BigInt),
    terms: { beneficiary, nonce: BigInt(nonce), deadline: BigInt(deadline) },
  }
}

/** As `cast` of Foundry wants its arguments: tuples in parentheses, no spaces. */
export function castArguments({ proof, signals, terms }: CallArguments): string[] {
  const list = (value: unknown): string =>
    Array.isArray(value) ? `[${value.map(list).join(',')}]` : String(value)
  return [
    `(${[proof.a, proof.b, proof.c, proof.d].map(list).join(',')})`,
    list(signals),
    `(${[terms.beneficiary, terms.nonce, terms.deadline].join(',')})`,
  ]
}

export class NotForContractError extends BaseError {
  override name = 'Chain.NotForContractError'
  constructor(path: string, reason: string) {
    super(`No contract would act on ${path}: ${reason}.`, {
      hint: 'prove for the contract: zkonnx prove DIR --input FILE --consumer ADDRESS --beneficiary ADDRESS',
      fault: 'answer',
    })
  }
}
