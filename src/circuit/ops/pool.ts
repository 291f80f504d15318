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
import { pool, poolApart } from '../gadgets/pool.js'
import { reluTable } from '../gadgets/rescale.js'
import { mapGroups } from './groups.js'
import type { Wired } from './wired.js'

/** A pooling that could be one gadget. */
export type Pool = {
  readonly rescale: Rescale
  /** What a group's members can be, by their terms' number; and how many groups are like that. */
  readonly windows: readonly { readonly members: readonly Bounded<number>[]; readonly count: number }[]
  /** Of the largest ones. */
  readonly hull: { readonly lo: number; readonly hi: number }
}

/** By the tensor of the largest ones. */
export type Pools = ReadonlyMap<TensorId, Pool>

/** The largest ones that a rescale reads, and nothing else does. */
export function findPools(model: QuantizedModel, bounds: Bounds, wired: readonly boolean[]): Pools {
  const readers = readersOf(model)
  const pools = new Map<TensorId, Pool>()
  for (const { op, inputs, output } of model.nodes) {
    const [reader, ...others] = readers.get(output) ?? []
    if (op.kind !== 'max' || reader?.op.kind !== 'rescale' || others.length > 0 || wired[output]) continue
    const before = joinIntervals(inputs.map((id) => bounds[id]!))
    const windows = windowsOf(op, { bounds: before, values: new Array<number>(before.lo.length).fill(1) })
    pools.set(output, { rescale: reader.op, windows, hull: hull(bound(op, [before])) })
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

function windowsOf(op: Max, input: Wired<number>): Pool['windows'] {
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

/** Those whose rows are fewer together than apart, with the entries of the table that a Relu alone would have. */
export function choosePools(pools: Pools, lookups: Lookups | undefined): Pools {
  if (lookups === undefined) return NONE
  return new Map([...pools].filter(([, pool]) => pays(pool, lookups.uncounted())))
}

const NONE: Pools = new Map()

function pays({ rescale, windows, hull }: Pool, lookups: Lookups): boolean {
  const total = windows.reduce((sum, { count }) => sum + count, 0)
  const table = rescale.relu ? reluTable(lookups, hull, rescale.shift, total) : undefined
  const [together, apart] = [new Counter(PORTS, lookups), new Counter(PORTS, lookups)]
  let saved = table === undefined ? 0 : table.table.size + 1
  for (const { members, count } of windows) {
    const before = apart.constraints - together.constraints
    pool(together, members, rescale)
    poolApart(apart, members, rescale, table)
    saved += count * (apart.constraints - together.constraints - before)
  }
  return saved > 0
}

const PORTS = { publicOutputs: [], publicInputs: [], privateInputs: [] }
const PLAIN = new Counter(PORTS)

export function constrain<V>(
  cs: ConstraintSystem<V>,
  op: Max,
  { rescale }: Pool,
  inputs: readonly Wired<V>[],
): V[] {
  return mapGroups(cs, op, inputs, (members) => pool(cs, members, rescale))
}
