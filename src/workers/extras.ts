/** What a prover adds to a sample: salts of commitments, and the numbers of its claims, checked before any proving. */
import { randomBytes } from 'node:crypto'
import { BaseError } from '../base/errors.js'
import type { Felt } from '../circuit/cs/felt.js'
import type { Extra } from '../circuit/disclose.js'
import type { Blueprint } from '../circuit/synthesize.js'
import type { Values } from '../model/execute.js'
import type { Task } from './messages.js'

/** Bytes of a salt: 248 bits, which always fit the field. */
const SALT_BYTES = 31

/**
 * The values of the blueprint's extras for one sample. Throws `ClaimError` for a threshold that is missing, and for a
 * claim that is not true of the sample. The salt of the model's commitment is one for all samples.
 */
export function extraValues(
  blueprint: Blueprint,
  values: Values,
  task: Pick<Task, 'claims' | 'salt'>,
  modelSalt?: bigint,
): Felt[] {
  return blueprint.extras.map((extra) => {
    if (extra.side === 'model' && modelSalt !== undefined) return modelSalt
    if (extra.kind === 'salt') return task.salt ?? freshSalt()
    return claimed(blueprint, extra, values, task.claims?.[extra.name])
  })
}

/** 248 random bits. */
export function freshSalt(): bigint {
  return BigInt(`0x${randomBytes(SALT_BYTES).toString('hex')}`)
}

function claimed(
  { model, statement }: Blueprint,
  { kind, name }: Extra,
  values: Values,
  asked: number | undefined,
): number {
  const { lo, width } = statement.outputs.find((part) => part.name === name && part.shows === kind)!
  const scores = values[model.outputs.find((output) => output.name === name)!.tensor]!.toSorted()
  const most = kind === 'threshold' ? scores[0]! : scores.at(-1)! - scores.at(-2)!
  const claim = asked ?? (kind === 'margin' ? 0 : undefined)
  if (claim === undefined) throw new ClaimError(`no threshold was given for output "${name}"`, 'input')
  if (!Number.isInteger(claim) || claim < lo || claim >= lo + 2 ** width) {
    throw new ClaimError(
      `the ${kind} of output "${name}" is ${claim}, outside ${lo} to ${lo + 2 ** width - 1}`,
      'input',
    )
  }
  if (claim > most)
    throw new ClaimError(
      `the ${kind} of output "${name}" is ${claim}, but the sample reaches ${most}`,
      'answer',
    )
  return claim
}

export class ClaimError extends BaseError {
  override name = 'Prove.ClaimError'
  constructor(problem: string, fault: 'input' | 'answer') {
    super(`The claim cannot be proven: ${problem}, in the integers of the model.`, {
      hint: 'give a claim that is true of the sample: --claim OUTPUT=NUMBER',
      fault,
    })
  }
}
