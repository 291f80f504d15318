/**
 * The context, last public signal of every statement: what a proof is good for. The same as `contracts/lib/Context.sol`.
 *
 * On a chain: the upper 248 bits of keccak256(abi.encode(domain, chain id, consumer, model id, beneficiary, nonce,
 * deadline)). Off chain: likewise of a label, in a domain of its own, or 0. 248 bits always fit the scalar field.
 */
import { BaseError } from '../base/errors.js'
import { AbiCoder, isAddress, keccak256, toUtf8Bytes } from './provider.js'
import type { Hex, Terms } from './types.js'

export type Context = Terms & {
  readonly chainId: bigint
  /** The contract that acts on the prediction. */
  readonly consumer: string
  readonly modelId: Hex
}

/** Throws `ContextError` for an address that is none or a number out of 256 bits. */
export function contextOf(context: Context): bigint {
  for (const field of ['consumer', 'beneficiary'] as const) {
    if (!isAddress(context[field])) throw new ContextError(field, context[field], 'is not an address')
  }
  for (const field of ['chainId', 'nonce', 'deadline'] as const) {
    if (context[field] < 0n || context[field] >> 256n !== 0n) {
      throw new ContextError(field, context[field], 'does not fit 256 bits')
    }
  }
  return digest(
    ['bytes32', 'uint256', 'address', 'bytes32', 'address', 'uint256', 'uint256'],
    [
      CHAIN_DOMAIN,
      context.chainId,
      context.consumer,
      context.modelId,
      context.beneficiary,
      context.nonce,
      context.deadline,
    ],
  )
}

/**
 * The context of a proof that no contract is meant to act on: a digest of the caller's label, or 0 without one.
 * Throws `ContextError` for a label with half a surrogate pair, which has no UTF-8.
 */
export function labelContext(label?: string): bigint {
  if (label === undefined) return 0n
  if (/\p{Surrogate}/u.test(label))
    throw new ContextError('label', JSON.stringify(label), 'is no Unicode text')
  return digest(['bytes32', 'string'], [LABEL_DOMAIN, label])
}

const CHAIN_DOMAIN = keccak256(toUtf8Bytes('zkonnx.context.v1'))
const LABEL_DOMAIN = keccak256(toUtf8Bytes('zkonnx.label.v1'))

function digest(types: readonly string[], values: readonly unknown[]): bigint {
  return BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(types, values))) >> 8n
}

export class ContextError extends BaseError {
  override name = 'Chain.ContextError'
  constructor(
    readonly field: string,
    readonly value: unknown,
    problem: string,
  ) {
    super(`The context's ${field} ${problem}.`, {
      details: [`value: ${value}`],
      hint: 'addresses are 20 bytes in hexadecimal with a right checksum or none; numbers are from 0 to 2^256 - 1; labels are text',
    })
  }
}
