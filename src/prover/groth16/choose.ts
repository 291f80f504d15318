/**
 * Which kernels run here: the fastest tier that the platform has and whose results in a short test are the reference's.
 */
import { BaseError, messageOf } from '../../base/errors.js'
import type { Machine, Tier } from './machine.js'
import { selfTest } from './self-test.js'

/** A machine of the best tier that passes the test. Throws `NoTierError` where none does. */
export async function chooseMachine(
  tiers: readonly Tier[],
  test: (machine: Machine) => string | undefined = selfTest,
): Promise<Machine> {
  const problems: string[] = []
  for (const tier of tiers) {
    try {
      const machine = await tier.open()
      const wrong = test(machine)
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
      hint: 'keys of plain Groth16 prove with --prover snarkjs; those with lookups need another machine',
    })
  }
}
