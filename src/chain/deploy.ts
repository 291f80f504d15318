/** Puts a model's verifier and record on a chain. */
import { BaseError, InternalError } from '../base/errors.js'
import { explainRevert } from './abi.js'
import {
  type Chain,
  ContractFactory,
  getCreateAddress,
  isLocal,
  pollingInterval,
  reach,
  type Signer,
} from './provider.js'
import { minedReceipt } from './receipt.js'
import type { CompiledContract } from './solc.js'
import type { ModelContracts } from './solidity/model-contracts.js'
import type { Hex } from './types.js'

export type Deployed = { readonly address: string; readonly transaction: string; readonly gas: bigint }

export type Deployment = {
  readonly chainId: bigint
  readonly modelId: Hex
  readonly verifier: Deployed
  readonly record: Deployed
}

/**
 * Deploys the verifier, then the record that trusts it. Two transactions, both mined on return.
 * Throws `DevKeysError` before anything is sent, `RevertError`, and the errors of `reach`.
 */
export async function deploy(chain: Chain, signer: Signer, model: ModelContracts): Promise<Deployment> {
  if (model.keys === 'dev' && !model.forgeable && !isLocal(chain.id)) throw new DevKeysError(chain.id)
  const verifier = await deployContract(chain, signer, model.verifier, [])
  const record = await deployContract(chain, signer, model.record, [verifier.address])
  return { chainId: chain.id, modelId: model.modelId, verifier, record }
}

/** Where `deploy` would put the record if the signer's next transactions were its. */
export async function recordAddress(chain: Chain, signer: Signer): Promise<string> {
  const from = await signer.getAddress()
  const nonce = await reach(chain, () => chain.provider.getTransactionCount(from))
  return getCreateAddress({ from, nonce: nonce + 1 })
}

/** Deploys one contract and waits until it is mined. */
export async function deployContract(
  chain: Chain,
  signer: Signer,
  contract: CompiledContract,
  args: readonly unknown[],
): Promise<Deployed> {
  return reach(chain, async () => {
    const factory = new ContractFactory([...contract.abi], contract.bytecode, signer)
    const deployed = await factory.deploy(...args)
    const { hash } = deployed.deploymentTransaction()!
    const receipt = await minedReceipt(chain.provider, hash, { intervalMs: pollingInterval(chain.id) })
    if (receipt.status === 0 || !receipt.contractAddress)
      throw new InternalError('A deployment was mined without a contract.')
    return { address: receipt.contractAddress, transaction: receipt.hash, gas: receipt.gasUsed }
  }).catch((error: unknown) => {
    throw explainRevert(error)
  })
}

export class DevKeysError extends BaseError {
  override name = 'Chain.DevKeysError'
  constructor(readonly chainId: bigint) {
    super(
      `Contracts with dev keys may not go to chain ${chainId}: whoever made the keys could forge predictions.`,
      {
        details: ['allowed chain ids: 31337 and 1337'],
        hint: 'make keys in a ceremony with `zkonnx setup --ptau FILE`, deploy to a local chain, or say what it is: `--forgeable`',
      },
    )
  }
}
