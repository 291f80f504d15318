/**
 * Trees as sums of signals: what a circuit pays for is one product for each signal that is none of the features' flags.
 *
 * A flag is 1 from a threshold of its feature on. Flags of one feature need no product: the product of two is the one
 * with the greater threshold. Two ways lead from the flags to the sums of leaves, and the shorter one is taken:
 * - from the leaves up: a branch is v0 + flag * (v1 - v0), one product for each target, none where both sides are
 *   constants; branches on the same flag whose values are added share theirs, over all trees;
 * - from the roots down: a node's indicator is its parent's times a flag, one product for all targets together.
 */
import type { Step } from './steps.js'

/** A node of a tree. */
export type Branch = {
  readonly feature: number
  readonly step: Step
  readonly whenTrue: number
  readonly whenFalse: number
}

export type Leaf = { readonly node: number; readonly target: number; readonly weight: number }

export type Trees = {
  /** Undefined for a leaf. */
  readonly branches: readonly (Branch | undefined)[]
  readonly roots: readonly number[]
  /** What each leaf adds to which target. */
  readonly leaves: readonly Leaf[]
}

/** A constant and signals, by their numbers, times weights. */
export type Sum = { readonly bias: number; readonly terms: ReadonlyMap<number, number> }

export type Signal =
  | { readonly kind: 'flag'; readonly feature: number; readonly threshold: number }
  | {
      readonly kind: 'product'
      readonly left: Sum
      readonly right: Sum
      /** Products of level 1 are made of flags alone, others of lower levels too. */
      readonly level: number
      /** Where this flag is 0, so is the product. */
      readonly guard: { readonly feature: number; readonly threshold: number } | undefined
    }

/** Signals by number, and the sums that are asked for. */
export type Signals = { readonly signals: readonly Signal[]; readonly sums: readonly Sum[] }

/** How much wider than its leaves a sum's bounds may be found, in parts: wider ones would cost more than products. */
const LOOSEST = 2 ** 16

/** For each target the sum of what the leaves add to it. */
export function sumTrees(trees: Trees, targets: number): Signals {
  return shorter(fromLeaves(trees, targets), fromRoots(trees, targets))
}

/** The same for each of some trees alone, tree after tree. */
export function sumEach(trees: Trees, targets: number): Signals {
  const [up, down] = [newPool(), newPool()]
  const each = trees.roots.map((root) => ({ ...trees, roots: [root] }))
  return shorter(
    { signals: up.signals, sums: each.flatMap((tree) => fromLeaves(tree, targets, up).sums) },
    { signals: down.signals, sums: each.flatMap((tree) => fromRoots(tree, targets, down).sums) },
  )
}

function shorter(up: Signals, down: Signals): Signals {
  const products = ({ signals }: Signals) => signals.filter(({ kind }) => kind === 'product').length
  return products(up) <= products(down) && looseness(up) <= Math.max(LOOSEST, looseness(down)) ? up : down
}

type Pool = { readonly signals: Signal[]; readonly known: Map<string, number> }

function newPool(): Pool {
  return { signals: [], known: new Map() }
}

function fromLeaves(trees: Trees, targets: number, pool = newPool()): Signals {
  const total = sharedTotal(trees, targets)
  const free = total === undefined ? targets : targets - 1
  const sums = Array.from({ length: free }, (_, target) => {
    const weights = new Map<number, number>()
    for (const leaf of trees.leaves) {
      if (leaf.target === target) weights.set(leaf.node, (weights.get(leaf.node) ?? 0) + leaf.weight)
    }
    return worthOf(pool, trees.branches, weights, trees.roots)
  })
  if (total !== undefined) {
    const rest = constant(total)
    for (const sum of sums) add(rest, sum, -1)
    sums.push(rest)
  }
  return { signals: pool.signals, sums }
}

/** What float32 makes of probabilities that add up to 1. */
const ROUNDED = 1e-6

/** What all targets add up to whatever leaves are reached: of probabilities, the last follows from the others. */
function sharedTotal({ branches, roots, leaves }: Trees, targets: number): number | undefined {
  if (targets === 1) return undefined
  const totals = new Map<number, number>()
  for (const { node, weight } of leaves) totals.set(node, (totals.get(node) ?? 0) + weight)
  let sum = 0
  for (const root of roots) {
    const reached = leavesBelow(branches, root).map((leaf) => totals.get(leaf) ?? 0)
    if (reached.some((total) => Math.abs(total - reached[0]!) > ROUNDED * Math.abs(reached[0]!)))
      return undefined
    sum += reached[0]!
  }
  return sum
}

export function leavesBelow(branches: Trees['branches'], root: number): number[] {
  const found: number[] = []
  const pending = [root]
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const branch = branches[node]
    if (branch === undefined) found.push(node)
    else pending.push(branch.whenFalse, branch.whenTrue)
  }
  return found
}

/** The sum of what these nodes, each the top of a tree, add: those that branch alike are taken together. */
function worthOf(
  pool: Pool,
  branches: Trees['branches'],
  weights: ReadonlyMap<number, number>,
  nodes: readonly number[],
): Sum {
  const sum = constant(0)
  const groups = new Map<string, { feature: number; step: Step; high: number[]; low: number[] }>()
  for (const node of nodes) {
    const branch = branches[node]
    if (branch === undefined) {
      sum.bias += weights.get(node) ?? 0
      continue
    }
    const { feature, step, whenTrue, whenFalse } = branch
    const [high, low] = step.start === 0 ? [whenTrue, whenFalse] : [whenFalse, whenTrue]
    const key = `${feature}/${step.edges}`
    const group = groups.get(key) ?? { feature, step: { ...step, start: 0 }, high: [], low: [] }
    groups.set(key, group)
    group.high.push(high)
    group.low.push(low)
  }
  for (const { feature, step, high, low } of groups.values()) {
    const [from, to] = [worthOf(pool, branches, weights, low), worthOf(pool, branches, weights, high)]
    add(sum, from, 1)
    add(sum, times(pool, feature, step, difference(to, from)), 1)
  }
  return sum
}

function fromRoots({ branches, roots, leaves }: Trees, targets: number, pool = newPool()): Signals {
  const indicators = new Map<number, Sum>(roots.map((root) => [root, constant(1)]))
  const pending = [...roots]
  for (const node of pending) {
    const branch = branches[node]
    if (branch === undefined) continue
    const own = indicators.get(node)!
    const taken = times(pool, branch.feature, branch.step, own)
    indicators.set(branch.whenTrue, taken)
    indicators.set(branch.whenFalse, difference(own, taken))
    pending.push(branch.whenTrue, branch.whenFalse)
  }
  const sums = Array.from({ length: targets }, () => constant(0))
  for (const { node, target, weight } of leaves) {
    const indicator = indicators.get(node)
    if (indicator !== undefined) add(sums[target]!, indicator, weight)
  }
  return { signals: pool.signals, sums }
}

/** A condition on a feature times a sum: one product at most, for what is not about the same feature. */
function times(pool: Pool, feature: number, { start, edges }: Step, sum: Sum): Sum {
  const flagsFrom = (least: number) => {
    const flags = constant(0)
    for (const [i, edge] of edges.entries()) {
      addTerm(flags, flagOf(pool, feature, Math.max(edge, least)), i % 2 === 0 ? 1 : -1)
    }
    return flags
  }
  const switched = constant(0)
  add(switched, flagsFrom(-Infinity), sum.bias)
  const rest = constant(0)
  for (const [at, weight] of sum.terms) {
    const signal = pool.signals[at]!
    if (signal.kind === 'flag' && signal.feature === feature)
      add(switched, flagsFrom(signal.threshold), weight)
    else addTerm(isBeyond(signal, feature, edges) ? switched : rest, at, weight)
  }
  if (rest.terms.size > 0 && edges.length > 0) {
    addTerm(switched, productOf(pool, feature, edges, rest, flagsFrom(-Infinity)), 1)
  }
  return start === 0 ? switched : difference(sum, switched)
}

/** Whether a product is 0 unless the condition holds. */
function isBeyond(signal: Signal, feature: number, edges: readonly number[]): boolean {
  if (signal.kind === 'flag' || edges.length !== 1) return false
  return signal.guard?.feature === feature && signal.guard.threshold >= edges[0]!
}

function flagOf({ signals, known }: Pool, feature: number, threshold: number): number {
  return numbered(known, signals, `${feature}/${threshold}`, () => ({ kind: 'flag', feature, threshold }))
}

function productOf(
  { signals, known }: Pool,
  feature: number,
  edges: readonly number[],
  left: Sum,
  right: Sum,
): number {
  const terms = [...left.terms].sort(([a], [b]) => a - b)
  return numbered(known, signals, `${feature}/${edges}*${terms.join(';')}`, () => {
    const levels = terms.map(([at]) => levelOf(signals[at]!))
    const guard = edges.length === 1 ? { feature, threshold: edges[0]! } : undefined
    return { kind: 'product', left, right, level: 1 + Math.max(...levels), guard }
  })
}

function numbered(known: Map<string, number>, signals: Signal[], key: string, make: () => Signal): number {
  const found = known.get(key)
  if (found !== undefined) return found
  const signal = make()
  known.set(key, signals.length)
  return signals.push(signal) - 1
}

export function levelOf(signal: Signal): number {
  return signal.kind === 'flag' ? 0 : signal.level
}

type OpenSum = { bias: number; readonly terms: Map<number, number> }

function constant(bias: number): OpenSum {
  return { bias, terms: new Map() }
}

function add(sum: OpenSum, other: Sum, factor: number): void {
  if (factor === 0) return
  sum.bias += factor * other.bias
  for (const [at, weight] of other.terms) addTerm(sum, at, factor * weight)
}

function addTerm({ terms }: OpenSum, at: number, weight: number): void {
  const together = (terms.get(at) ?? 0) + weight
  if (together === 0) terms.delete(at)
  else terms.set(at, together)
}

function difference(a: Sum, b: Sum): Sum {
  const result = constant(a.bias)
  for (const [at, weight] of a.terms) result.terms.set(at, weight)
  add(result, b, -1)
  return result
}

/** How wide interval arithmetic finds the widest sum, in parts of the largest weight of a flag. */
function looseness({ signals, sums }: Signals): number {
  const spans: [number, number][] = []
  let largest = 0
  const spanOf = ({ bias, terms }: Sum): [number, number] => {
    let [lo, hi] = [bias, bias]
    for (const [at, weight] of terms) {
      const [from, to] = spans[at]!
      lo += Math.min(weight * from, weight * to)
      hi += Math.max(weight * from, weight * to)
      if (signals[at]!.kind === 'flag') largest = Math.max(largest, Math.abs(weight))
    }
    return [lo, hi]
  }
  for (const signal of signals) {
    const [lo, hi] = signal.kind === 'flag' ? [0, 1] : spanOf(signal.left)
    spans.push([Math.min(0, lo), Math.max(0, hi)])
  }
  const widest = sums.reduce((most, sum) => Math.max(most, ...spanOf(sum).map(Math.abs)), 0)
  return largest === 0 ? 0 : widest / largest
}
