/** What a prover's node tells while it works. */
import type { Hex } from '../../chain/types.js'

export type Skip = 'unprofitable' | 'token' | 'deadline' | 'input' | 'refused'

export type WatchEvent =
  | {
      readonly kind: 'started'
      readonly chainId: bigint
      readonly account: string
      readonly beneficiary: string
      readonly boards: readonly string[]
      readonly models: readonly string[]
      /** The first block that is read now. */
      readonly block: number
      /** Transactions that an earlier run left under way. */
      readonly underWay: number
    }
  | { readonly kind: 'away' | 'trouble'; readonly reason: string }
  | { readonly kind: 'back'; readonly seconds: number }
  /** The chain was reorganised: what came after the block is read again. */
  | { readonly kind: 'reorganised'; readonly block: number }
  | { readonly kind: 'skipped'; readonly request: Hex; readonly skip: Skip; readonly reason: string }
  | {
      readonly kind: 'proving'
      readonly request: Hex
      readonly model: string
      readonly board: string
      readonly value: bigint
      /** What fulfilling is expected to cost. */
      readonly cost: bigint
    }
  | { readonly kind: 'proven'; readonly request: Hex; readonly milliseconds: number }
  | { readonly kind: 'failed'; readonly request: Hex; readonly reason: string }
  | {
      readonly kind: 'sent' | 'replaced'
      readonly request: Hex
      readonly transaction: Hex
      readonly nonce: number
    }
  | {
      readonly kind: 'fulfilled'
      readonly request: Hex
      readonly transaction: Hex
      readonly value: bigint
      readonly gas: bigint
      readonly cost: bigint
    }
  /** Our transaction was mined and failed: most often another came first. */
  | { readonly kind: 'reverted'; readonly request: Hex; readonly transaction: Hex; readonly cost: bigint }
  /** Another fulfilled it, or it is no longer open: our proof or transaction is taken back. */
  | { readonly kind: 'overtaken'; readonly request: Hex; readonly while: 'proving' | 'waiting' | 'sending' }
  | { readonly kind: 'cancelled'; readonly transaction: Hex; readonly nonce: number; readonly cost: bigint }
  /** The nonce was used by a transaction that is not this node's. */
  | { readonly kind: 'displaced'; readonly nonce: number }
  /** A transaction that was mined is no longer on the chain. */
  | { readonly kind: 'unmined'; readonly transaction: Hex }
  | {
      readonly kind: 'collecting'
      readonly board: string
      readonly amount: bigint
      readonly transaction: Hex
    }
  | { readonly kind: 'collected'; readonly board: string; readonly transaction: Hex; readonly cost: bigint }
  | ({ readonly kind: 'stopped' } & Summary)

export type Summary = {
  readonly fulfilled: number
  readonly overtaken: number
  readonly skipped: number
  /** In wei: bounties in ether, or what the prices that were given make of them; and all gas. */
  readonly earned: bigint
  readonly spent: bigint
  readonly underWay: number
}
