/**
 * Which kernels run here: the fastest tier that the platform has and whose results in a short test are the reference's.
 */
import { BaseError, messageOf } from '../../base/errors.js'
import { fma } from './fast/fma.js'
import { integer } from './fast/integer.js'
import type { Machine, Tier, TierName } from './machine.js'
import { plain } from './plain.js'
import { reference } from './reference.js'
import { selfTest } from './self-test.js'

/** From the fastest on. The reference is for tests, and is never chosen. */
export const TIERS: readonly Tier[] = [fma, integer, plain]

/** A machine of this tier; `shared` is of one in another thread. Throws what its tier throws where it cannot run. */
export function openMachine(name: TierName, shared?: unknown): Promise<Machine> {
  if (name === 'reference') return Promise.resolve(reference)
  return TIERS.find((tier) => tier.name === name)!.open(shared)
}

/** A machine of the best tier that passes the test. Throws `NoTierError` where none does. */
export async function chooseMachine(tiers: readonly Tier[] = TIERS): Promise<Machine> {
  const problems: string[] = []
  for (const tier of tiers) {
    try {
      const machine = await tier.open()
      const wrong = selfTest(machine)
      if (wrong === undefined) return machine
      problems.push(`${tier.name}: ${wrong}`)
    } catch (error) {
      problems.push(`${tier.name}: ${messageOf(error)}`)
    }
  }
  throw new NoTierError(problems)
}

export class NoTierError extends BaseError {
  override name = 'Groth16.NoTierError'
  constructor(problems: readonly string[]) {
    super("None of zkonnx's own kernels works on this machine.", {
      details: problems,
      hint: 'prove with --prover snarkjs',
    })
  }
}
