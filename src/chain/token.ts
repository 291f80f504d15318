/** What paying with a token takes: an allowance. */
import { ask, contractAt } from './contract.js'
import { type Chain, Interface, type Signer } from './provider.js'
import { transact } from './transact.js'

// without an answer: the oldest tokens give none
const TOKEN = new Interface([
  'function allowance(address owner, address spender) view returns (uint256)',
  'function approve(address spender, uint256 amount)',
])

/**
 * Lets `spender` take `amount` of the signer's tokens, where it may not yet. Some tokens change an allowance by way of
 * zero only. Throws `RevertError`, `NoContractError`, and the errors of `reach`.
 */
export async function allow(
  chain: Chain,
  signer: Signer,
  token: string,
  spender: string,
  amount: bigint,
): Promise<void> {
  const contract = await contractAt(chain, token, TOKEN, signer)
  const owner = await signer.getAddress()
  const allowed: bigint = await ask(chain, contract, () =>
    contract.getFunction('allowance').staticCall(owner, spender),
  )
  if (allowed >= amount) return
  const approve = (value: bigint) => transact(chain, contract, { method: 'approve', args: [spender, value] })
  if (allowed > 0n) await approve(0n)
  await approve(amount)
}
