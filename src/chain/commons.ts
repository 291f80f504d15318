/**
 * The contracts that are the same for all models, which nobody owns: the verifier of many keys, the registry, the ledger
 * and the board. Each stands at one address on every chain, which follows from its code: whoever needs it first deploys
 * it there, through the factory that most chains have (EIP-1014; github.com/Arachnid/deterministic-deployment-proxy).
 */
import { BaseError } from '../base/errors.js'
import type { Deployed } from './deploy.js'
import {
  AbiCoder,
  type Chain,
  getCreate2Address,
  isLocal,
  keccak256,
  pollingInterval,
  reach,
  type Signer,
} from './provider.js'
import { minedReceipt } from './receipt.js'
import { type CommonName, commonContract } from './solidity/prebuilt.js'
import type { Hex } from './types.js'

export type { CommonName }

/** The factory: what it is sent, salt and creation code, it deploys with CREATE2. */
export const FACTORY = '0x4e59b44847b379578588920cA78FbF26c0B4956C'
const SALT: Hex = `0x${'0'.repeat(64)}`

export type Common = {
  readonly name: CommonName
  readonly address: string
  /** With the constructor's argument. */
  readonly creation: Hex
}

/** One of the contracts as it stands on every chain; ledger and board with the registry that they are for. */
export async function common(name: CommonName, registry?: string): Promise<Common> {
  const { bytecode } = await commonContract(name)
  const takesRegistry = name === 'PredictionLedger' || name === 'PredictionBoard'
  const its = registry ?? (takesRegistry ? (await common('ModelRegistry')).address : undefined)
  const argument = takesRegistry ? AbiCoder.defaultAbiCoder().encode(['address'], [its]).slice(2) : ''
  const creation: Hex = `${bytecode}${argument}`
  return { name, creation, address: getCreate2Address(FACTORY, SALT, keccak256(creation)) }
}

/** Whether the contract stands on the chain. */
export async function stands(chain: Chain, { address }: Pick<Common, 'address'>): Promise<boolean> {
  return (await reach(chain, () => chain.provider.getCode(address))) !== '0x'
}

/**
 * Deploys what of these is missing on the chain, and says what it deployed. On a chain with value only if `consent` is
 * given, since it costs: throws `MissingCommonsError` otherwise, and `NoFactoryError` where the chain has no factory.
 */
export async function provide(
  chain: Chain,
  signer: Signer,
  wanted: readonly Common[],
  { consent = isLocal(chain.id) }: { readonly consent?: boolean } = {},
): Promise<readonly (Deployed & { readonly name: CommonName })[]> {
  const missing: Common[] = []
  for (const one of wanted) if (!(await stands(chain, one))) missing.push(one)
  if (missing.length === 0) return []
  if (!consent) throw new MissingCommonsError(chain, missing)
  if (!(await stands(chain, { address: FACTORY }))) throw new NoFactoryError(chain)
  const deployed = []
  for (const one of missing) deployed.push({ name: one.name, ...(await deployOne(chain, signer, one)) })
  return deployed
}

async function deployOne(chain: Chain, signer: Signer, { creation, address }: Common): Promise<Deployed> {
  const data = `${SALT}${creation.slice(2)}`
  const sent = await reach(chain, () => signer.sendTransaction({ to: FACTORY, data }))
  const intervalMs = pollingInterval(chain.id)
  const { hash, gasUsed } = await reach(chain, () => minedReceipt(chain.provider, sent.hash, { intervalMs }))
  // somebody else may have been first: what counts is that it is there
  if (!(await stands(chain, { address }))) throw new FactoryError(chain, hash)
  return { address, transaction: hash, gas: gasUsed }
}

export class MissingCommonsError extends BaseError {
  override name = 'Chain.MissingCommonsError'
  constructor(chain: Chain, missing: readonly Common[]) {
    super(`Chain ${chain.id} does not have all contracts that models share.`, {
      details: missing.map(
        ({ name, address, creation }) =>
          `missing: ${name}, ${(creation.length - 2) / 2} bytes, which would stand at ${address}`,
      ),
      hint: 'deploy them for everybody with --deploy-missing, or name others with --verifier and --registry',
    })
  }
}

export class NoFactoryError extends BaseError {
  override name = 'Chain.NoFactoryError'
  constructor(chain: Chain) {
    super(
      `Chain ${chain.id} has no factory at ${FACTORY}, which gives contracts the same address everywhere.`,
      {
        hint: 'deploy zkonnx/contracts by other means, and name them with --verifier, --registry and --ledger',
      },
    )
  }
}

export class FactoryError extends BaseError {
  override name = 'Chain.FactoryError'
  constructor(chain: Chain, transaction: string) {
    super(`The factory on chain ${chain.id} deployed nothing.`, {
      details: [`transaction: ${transaction}`],
      hint: 'look at the transaction in an explorer: it may have run out of gas',
    })
  }
}
