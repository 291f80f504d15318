/**
 * A largest of groups that nothing but a rescale reads, as one gadget with it: a pooling layer before its Relu. Only in
 * circuits with lookups, where it can pay; over bits the two apart are cheaper.
 */
import type { Bounds } from '../../model/bounds.js'
import type { Node, TensorId } from '../../model/graph.js'
import { hull, joinIntervals } from '../../model/interval.js'
import { bound, type Max } from '../../model/ops/max.js'
import type { Rescale } from '../../model/ops/rescale.js'
import type { QuantizedModel } from '../../model/quantized.js'
import type { ConstraintSystem } from '../cs/api.js'
import type { Lookups } from '../cs/chunks.js'
import { Counter } from '../cs/counter.js'
import type { Bounded } from '../gadgets/bounded.js'
import { type Larger, pool, poolApart, poolByTable, tabulateLarger } from '../gadgets/pool.js'
import { reluTable } from '../gadgets/rescale.js'
import { mapGroups } from './groups.js'
import type { Wired } from './wired.js'

/** A pooling that could be one gadget. */
export type Candidate = {
  readonly rescale: Rescale
  /** What a group's members can be, by their terms' number; and how many groups are like that. */
  readonly windows: readonly { readonly members: readonly Bounded<number>[]; readonly count: number }[]
  /** Of all members, and of the largest ones. */
  readonly members: Hull
  readonly largest: Hull
}

/** As one gadget, by a table where there is one. */
export type Pool = { readonly rescale: Rescale; readonly larger: Larger | undefined }

type Hull = { readonly lo: number; readonly hi: number }

/** By the tensor of the largest ones. */
export type Candidates = ReadonlyMap<TensorId, Candidate>
export type Pools = ReadonlyMap<TensorId, Pool>

/** The largest ones that a rescale reads, and nothing else does. */
export function findPools(model: QuantizedModel, bounds: Bounds, wired: readonly boolean[]): Candidates {
  const readers = readersOf(model)
  const pools = new Map<TensorId, Candidate>()
  for (const { op, inputs, output } of model.nodes) {
    const [reader, ...others] = readers.get(output) ?? []
    if (op.kind !== 'max' || reader?.op.kind !== 'rescale' || others.length > 0 || wired[output]) continue
    const before = joinIntervals(inputs.map((id) => bounds[id]!))
    const windows = windowsOf(op, { bounds: before, values: new Array<number>(before.lo.length).fill(1) })
    const [members, largest] = [hull(before), hull(bound(op, [before]))]
    pools.set(output, { rescale: reader.op, windows, members, largest })
  }
  return pools
}

/** By tensor: the nodes that read it, none of one that the model gives. */
function readersOf({ nodes, outputs }: QuantizedModel): Map<TensorId, Node[]> {
  const readers = new Map<TensorId, Node[]>()
  for (const node of nodes) for (const id of node.inputs) readers.set(id, [...(readers.get(id) ?? []), node])
  for (const { tensor } of outputs) readers.delete(tensor)
  return readers
}

function windowsOf(op: Max, input: Wired<number>): Candidate['windows'] {
  const kinds = new Map<string, { members: readonly Bounded<number>[]; count: number }>()
  mapGroups(PLAIN, op, [input], (members) => {
    const key = members.map(({ lo, hi }) => `${lo}..${hi}`).join()
    const kind = kinds.get(key) ?? { members, count: 0 }
    kind.count++
    kinds.set(key, kind)
    return 0
  })
  return [...kinds.values()]
}

/** Those that have fewer rows as one gadget than as two. */
export function choosePools(candidates: Candidates, lookups: Lookups | undefined): Pools {
  if (lookups === undefined) return NONE
  return new Map(
    [...candidates].flatMap(([id, one]) => {
      const chosen = choose(one, lookups)
      return chosen === undefined ? [] : [[id, chosen]]
    }),
  )
}

const NONE: Pools = new Map()

function choose({ rescale, windows, members, largest }: Candidate, counted: Lookups): Pool | undefined {
  const lookups = counted.uncounted()
  const total = windows.reduce((sum, { count }) => sum + count, 0)
  const relu = rescale.relu ? reluTable(lookups, largest, rescale.shift, total) : undefined
  const rowsOf = (gadget: (counter: Counter, members: readonly Bounded<number>[]) => void) =>
    windows.reduce((sum, { members, count }) => {
      const counter = new Counter(PORTS, lookups)
      gadget(counter, members)
      return sum + count * counter.constraints
    }, 0)
  const together = rowsOf((cs, members) => pool(cs, members, rescale))
  const apart = rowsOf((cs, members) => poolApart(cs, members, rescale, relu)) + (relu?.table.size ?? 0)
  const most = windows.reduce((found, { members }) => Math.max(found, members.length), 0)
  const larger = tabulateLarger(members, most, rescale)
  if (larger !== undefined) {
    const saved =
      Math.min(together, apart) - rowsOf((cs, members) => poolByTable(cs, members, rescale, larger))
    if (counted.pays(larger.table.size, saved)) return { rescale, larger }
  }
  return together < apart ? { rescale, larger: undefined } : undefined
}

const PORTS = { publicOutputs: [], publicInputs: [], privateInputs: [] }
const PLAIN = new Counter(PORTS)

export function constrain<V>(
  cs: ConstraintSystem<V>,
  op: Max,
  { rescale, larger }: Pool,
  inputs: readonly Wired<V>[],
): V[] {
  return mapGroups(cs, op, inputs, (members) =>
    larger === undefined ? pool(cs, members, rescale) : poolByTable(cs, members, rescale, larger),
  )
}
