/** Circuits under test: build, evaluate, check. */
import { firstUnsatisfied } from '../../src/artifacts/iden3/check.js'
import type { R1cs } from '../../src/artifacts/iden3/r1cs.js'
import type { Witness } from '../../src/artifacts/iden3/wtns.js'
import { mod } from '../../src/base/field.js'
import { sizeOf } from '../../src/base/tensor.js'
import type { Evaluator } from '../../src/circuit/cs/evaluator.js'
import { at, type QuantizedModel } from '../../src/model/quantized.js'
import type { Random } from './random.js'

export function witnessOf(evaluator: Evaluator): Witness {
  return { wires: evaluator.wires.length, values: evaluator.wires.toBytes() }
}

export function isSatisfied(r1cs: R1cs, evaluator: Evaluator): boolean {
  return firstUnsatisfied(r1cs, witnessOf(evaluator)) === undefined
}

/** The value of every wire, canonical. */
export function toBigInts(evaluator: Evaluator): bigint[] {
  return Array.from({ length: evaluator.wires.length }, (_, wire) => mod(BigInt(evaluator.wires.get(wire))))
}

/** Integers from the declared domain, its ends more often than chance would have them. */
export function randomInputs(random: Random, model: QuantizedModel): Float64Array[] {
  return model.inputs.map(({ tensor, lo, hi }) =>
    Float64Array.from({ length: sizeOf(model.tensors[tensor]!.shape) }, (_, i) => {
      const [least, greatest] = [at(lo, i), at(hi, i)]
      return random.pick([least, greatest, random.int(least, greatest), random.int(least, greatest)])
    }),
  )
}

export function flatten(inputs: readonly Float64Array[]): number[] {
  return inputs.flatMap((input) => [...input])
}
