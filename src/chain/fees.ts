/** What gas costs now, and what a transaction offers for it. All per gas, in wei. */
import { type Chain, reach } from './provider.js'

export type Fees = {
  /** What would be paid now. */
  readonly expected: bigint
  /** The most that is offered. */
  readonly most: bigint
  /** The part of it that goes to the block's producer; none on chains without a base fee. */
  readonly tip?: bigint
}

/** Throws the errors of `reach`. */
export async function feesNow(chain: Chain): Promise<Fees> {
  const data = await reach(chain, () => chain.provider.getFeeData())
  const { maxFeePerGas: most, maxPriorityFeePerGas: tip } = data
  if (most === null || tip === null) {
    const price = data.gasPrice ?? 0n
    return { expected: price, most: price }
  }
  // ethers offers twice the base fee and the tip: as much as six full blocks can raise it to
  return { expected: (most - tip) / 2n + tip, most, tip }
}

/** Not more than `cap`; less than what is expected now, where the cap is below it. */
export function capped({ expected, most, tip }: Fees, cap: bigint): Fees {
  const least = (value: bigint) => (value < cap ? value : cap)
  return { expected, most: least(most), ...(tip === undefined ? {} : { tip: least(tip) }) }
}

/** The fees of a transaction that replaces one with `before`: nodes want a tenth more of each, and get an eighth. */
export function replacing(before: Fees, now: Fees): Fees {
  const more = (value: bigint, other: bigint) => {
    const raised = value + value / 8n + 1n
    return raised > other ? raised : other
  }
  const most = more(before.most, now.most)
  return before.tip === undefined
    ? { expected: now.expected, most }
    : { expected: now.expected, most, tip: more(before.tip, now.tip ?? 0n) }
}

/** As a transaction's members. */
export function feeFields({ most, tip }: Fees) {
  return tip === undefined
    ? { type: 0, gasPrice: most }
    : { type: 2, maxFeePerGas: most, maxPriorityFeePerGas: tip }
}
