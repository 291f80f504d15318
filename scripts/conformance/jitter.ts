/** Samples like a vector's own, to calibrate on. */
import type { Values } from '../../src/model/execute.js'
import { seeded } from '../../test/helpers/onnx-model.js'

const COPIES = 12
const SEED = 20240229
/** In parts of a value. */
const NOISE = 0.05

/** For an operator: the same values in other places, so that range and grid stay. The samples themselves come first. */
export function shuffled(samples: readonly Values[]): Values[] {
  return withCopies(samples, shuffle)
}

/** For a model, whose features differ: each value a little off. The samples themselves come first. */
export function disturbed(samples: readonly Values[]): Values[] {
  return withCopies(samples, (values, random) =>
    values.map((value) => value * (1 + NOISE * (2 * random() - 1))),
  )
}

function withCopies(
  samples: readonly Values[],
  change: (values: Float64Array, random: () => number) => Float64Array,
): Values[] {
  const random = seeded(SEED)
  const copies = Array.from({ length: COPIES }, () =>
    samples.map((sample) => sample.map((input) => change(input, random))),
  )
  return [...samples, ...copies.flat()]
}

function shuffle(values: Float64Array, random: () => number): Float64Array {
  const result = values.slice()
  for (let i = result.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1))
    const [a, b] = [result[i]!, result[other]!]
    result[i] = b
    result[other] = a
  }
  return result
}
