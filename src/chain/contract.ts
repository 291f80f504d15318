/** Calls of contracts at given addresses, with every failure typed. */
import { BaseError } from '../base/errors.js'
import { explainRevert } from './abi.js'
import { type Chain, Contract, type Interface, isAddress, isError, reach, type Signer } from './provider.js'

/**
 * The contract at an address that has code. Throws `NoContractError` where there is none, since such an address answers
 * any call with nothing.
 */
export async function contractAt(
  chain: Chain,
  address: string,
  abi: Interface,
  signer?: Signer,
): Promise<Contract> {
  if (!isAddress(address)) throw new NoContractError(chain, address)
  const code = await reach(chain, () => chain.provider.getCode(address))
  if (code === '0x') throw new NoContractError(chain, address)
  return new Contract(address, abi, signer ?? chain.provider)
}

/** As `reach`, with reverts as `RevertError` and answers that are not the contract's as `NoContractError`. */
export async function ask<T>(chain: Chain, contract: Contract, action: () => Promise<T>): Promise<T> {
  try {
    return await reach(chain, action)
  } catch (error) {
    if (isError(error, 'BAD_DATA')) throw new NoContractError(chain, String(contract.target))
    throw explainRevert(error)
  }
}

export class NoContractError extends BaseError {
  override name = 'Chain.NoContractError'
  constructor(
    chain: Chain,
    readonly address: string,
  ) {
    super(`There is no such contract at ${address} on chain ${chain.id}.`, {
      hint: 'deploy first, or connect to the chain that the contracts are on',
    })
  }
}
