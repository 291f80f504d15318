/** Whether a request pays: its bounty against the gas of fulfilling it, and its deadline against the time that takes. */
import type { Scheme } from '../../artifacts/scheme.js'
import { signalCount } from '../../artifacts/statement.js'
import { ZERO_ADDRESS } from '../../chain/board.js'
import type { Asked } from '../../chain/board-events.js'
import type { Fees } from '../../chain/fees.js'
import { formatEther } from '../../chain/provider.js'
import type { Skip } from './events.js'
import type { Served } from './models.js'

export type Terms = {
  /** What must remain of a bounty after gas, in wei. */
  readonly margin: bigint
  /** What 10^18 of a token's smallest units are worth, in wei, by address in lower case. */
  readonly prices: ReadonlyMap<string, bigint>
  /** Seconds that must be left for sending, beside those of proving. */
  readonly lead: number
}

export type Judgement =
  | { readonly take: true; readonly value: bigint; readonly cost: bigint }
  | { readonly take: false; readonly skip: Skip; readonly reason: string }

/** `gas` is what an estimate by the chain said; without, it is what the last fulfilment took, or a rule's estimate. */
export function judge(
  asked: Asked,
  model: Served,
  terms: Terms,
  now: { readonly fees: Fees; readonly seconds: number; readonly gas?: bigint },
): Judgement {
  const value = bountyIn(asked, terms)
  if (value === undefined)
    return { take: false, skip: 'token', reason: `no price is known of token ${asked.token}` }
  const left = Number(asked.deadline) - now.seconds
  const needed = terms.lead + Math.ceil((now.gas === undefined ? (model.milliseconds ?? 0) : 0) / 1000)
  if (left < needed)
    return {
      take: false,
      skip: 'deadline',
      reason: `${Math.max(0, left)} s are left, and ${needed} s needed`,
    }
  const cost = (now.gas ?? gasOf(asked, model)) * now.fees.expected
  if (value - cost < terms.margin) {
    const margin = terms.margin === 0n ? '' : ` and a margin of ${ether(terms.margin)}`
    const reason = `its bounty, worth ${ether(value)} ether, does not pay ${ether(cost)} of gas${margin}`
    return { take: false, skip: 'unprofitable', reason }
  }
  return { take: true, value, cost }
}

/** For people: four digits. */
function ether(wei: bigint): string {
  return String(Number(Number(formatEther(wei)).toPrecision(4)))
}

/** In wei; nothing for a token without a price. */
export function bountyIn({ token, bounty }: Asked, { prices }: Terms): bigint | undefined {
  if (token === ZERO_ADDRESS) return bounty
  const price = prices.get(token.toLowerCase())
  return price === undefined ? undefined : (bounty * price) / 10n ** 18n
}

/**
 * The gas of fulfilling a request. What a callback takes is up to it, and may change between an estimate and the block:
 * all that it is promised is counted.
 */
export function gasOf(asked: Asked, { own, gas }: Served): bigint {
  return (gas ?? estimatedGas(own.manifest.statement, own.manifest.scheme)) + BigInt(asked.callbackGas)
}

/**
 * Above what anvil measured at three signals, which `test/e2e/watch.test.ts` holds it to. What more signals cost is
 * taken from what verifying and storing them does, and was not measured on a board: the chain's own estimate comes
 * before anything is sent. With lookups a proof takes 41,500 more on a record.
 */
const FIGURES = { gas: 320_000, lookups: 43_000, perSignal: 8_500, perOutputSignal: 24_500 } as const

export function estimatedGas(
  statement: Served['own']['manifest']['statement'],
  scheme: Scheme = 'groth16',
): bigint {
  const outputs = statement.outputs.reduce((sum, { signals }) => sum + signals, 0)
  const { gas, lookups, perSignal, perOutputSignal } = FIGURES
  const own = gas + (scheme === 'groth16-lookup' ? lookups : 0)
  return BigInt(own + perSignal * signalCount(statement) + perOutputSignal * outputs)
}
