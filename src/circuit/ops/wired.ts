/** What each operator's circuit is given, and what it makes. */
import { type Interval, joinIntervals } from '../../model/interval.js'
import type { Bounded } from '../gadgets/bounded.js'

/** The values of a tensor in a constraint system with their proven bounds. */
export type Wired<V> = {
  readonly values: readonly V[]
  readonly bounds: Interval
  /** By element: whether the operators that rank it are to prove its bounds too. None where it is left out. */
  readonly unproven?: readonly boolean[]
}

export function bounded<V>({ values, bounds }: Wired<V>, element: number): Bounded<V> {
  return { value: values[element]!, lo: bounds.lo[element]!, hi: bounds.hi[element]! }
}

/** The inputs of a node end to end, as columns and members count. */
export function joinWired<V>(inputs: readonly Wired<V>[]): Wired<V> {
  if (inputs.length === 1) return inputs[0]!
  return {
    values: inputs.flatMap((input) => input.values),
    bounds: joinIntervals(inputs.map((input) => input.bounds)),
    unproven: inputs.flatMap(
      ({ values, unproven }) => unproven ?? new Array<boolean>(values.length).fill(false),
    ),
  }
}
