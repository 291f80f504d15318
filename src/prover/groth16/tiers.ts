/** Kernels of all tiers. */
import { fma } from './fast/fma.js'
import { integer } from './fast/integer.js'
import type { Machine, Tier, TierName } from './machine.js'
import { plain } from './plain.js'
import { reference } from './reference.js'

/** From the fastest on. The reference is for tests, and is never chosen. */
export const TIERS: readonly Tier[] = [fma, integer, plain]

/** A machine of this tier; `shared` is of one in another thread. Throws what its tier throws where it cannot run. */
export function openMachine(name: TierName, shared?: unknown): Promise<Machine> {
  if (name === 'reference') return Promise.resolve(reference)
  return TIERS.find((tier) => tier.name === name)!.open(shared)
}
