/**
 * Ensembles of decision trees (`TreeEnsembleClassifier`, `TreeEnsembleRegressor` of ai.onnx.ml, versions 1 to 3) as core
 * operators: each feature is compared once with all of its thresholds, products walk down the trees level by level, and
 * what is left is linear.
 *
 * Traps: attributes are parallel lists, in any order, over all trees; node ids count anew in each tree; thresholds and
 * features are compared in float32, so that x <= t is x < the next float32 after t.
 */
import type { Shape } from '../base/tensor.js'
import { floats, ints, strings } from './attributes.js'
import { compare, linear, product, type Value } from './builder.js'
import { InvalidNodeError, type OpNode } from './node.js'
import { UnsupportedNodeError } from './unsupported.js'

type Branch = {
  readonly feature: number
  /** Features at or above this take the branch `atLeast`, others `below`. */
  readonly threshold: number
  readonly atLeast: number
  readonly below: number
}

export type Forest = {
  /** Undefined for a leaf. */
  readonly branches: readonly (Branch | undefined)[]
  readonly roots: readonly number[]
  /** What each leaf adds to which target. */
  readonly leaves: readonly { readonly node: number; readonly target: number; readonly weight: number }[]
  readonly trees: number
}

const MODES = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'LEAF'] as const
type Mode = (typeof MODES)[number]

/** `kind` begins the names of the leaves' attributes. Throws `InvalidNodeError` for trees that are none. */
export function readForest(node: OpNode, kind: 'class' | 'target', features: number): Forest {
  const { attributes } = node
  const trees = list(node, 'nodes_treeids')
  const ids = list(node, 'nodes_nodeids')
  const place = new Map(trees.map((tree, i) => [`${tree}/${ids[i]}`, i]))
  const find = (tree: number, id: number): number => {
    const found = place.get(`${tree}/${id}`)
    if (found === undefined) throw new InvalidNodeError(node, `tree ${tree} has no node ${id}`)
    return found
  }
  const [feature, yes, no] = ['nodes_featureids', 'nodes_truenodeids', 'nodes_falsenodeids'].map((name) =>
    list(node, name),
  )
  const values = floats(attributes, 'nodes_values') ?? []
  const modes = modesOf(node)
  const branches = modes.map((mode, i): Branch | undefined => {
    if (mode === 'LEAF') return undefined
    if (!(feature![i]! >= 0 && feature![i]! < features)) {
      throw new InvalidNodeError(node, `a branch reads feature ${feature![i]} of ${features}`)
    }
    const [whenTrue, whenFalse] = [find(trees[i]!, yes![i]!), find(trees[i]!, no![i]!)]
    const threshold = mode === 'BRANCH_LEQ' || mode === 'BRANCH_GT' ? nextFloat32(values[i]!) : values[i]!
    const rising = mode === 'BRANCH_GTE' || mode === 'BRANCH_GT'
    const [atLeast, below] = rising ? [whenTrue, whenFalse] : [whenFalse, whenTrue]
    return { feature: feature![i]!, threshold, atLeast, below }
  })
  const children = new Set(
    branches.flatMap((branch) => (branch === undefined ? [] : [branch.atLeast, branch.below])),
  )
  return {
    branches,
    roots: branches.flatMap((_, i) => (children.has(i) ? [] : [i])),
    leaves: readLeaves(node, kind, find),
    trees: new Set(trees).size,
  }
}

function readLeaves(
  node: OpNode,
  kind: string,
  find: (tree: number, id: number) => number,
): Forest['leaves'] {
  const trees = list(node, `${kind}_treeids`)
  const ids = list(node, `${kind}_nodeids`)
  const targets = list(node, `${kind}_ids`)
  const weights = floats(node.attributes, `${kind}_weights`) ?? []
  if (weights.length !== targets.length)
    throw new InvalidNodeError(node, 'its leaves and weights differ in number')
  return targets.map((target, i) => ({ node: find(trees[i]!, ids[i]!), target, weight: weights[i]! }))
}

function modesOf(node: OpNode): Mode[] {
  return strings(node.attributes, 'nodes_modes').map((text) => {
    const mode = MODES.find((known) => known === text)
    if (mode === undefined)
      throw new UnsupportedNodeError(`a branch compares by ${text}`, `use ${MODES.join(', ')}`)
    return mode
  })
}

function list(node: OpNode, name: string): readonly number[] {
  const found = ints(node.attributes, name)
  if (found === undefined) throw new InvalidNodeError(node, `its attribute ${name} is missing`)
  return found
}

/** The least float32 above a float32. */
function nextFloat32(value: number): number {
  const float = Float32Array.of(value)
  if (float[0] === 0) return 2 ** -149
  const bits = new Int32Array(float.buffer)
  bits[0]! += float[0]! > 0 ? 1 : -1
  return float[0]!
}

/** A sum of signals: of flags and products, by their place among all of them. */
type Sum = { readonly bias: number; readonly terms: ReadonlyMap<number, number> }

/** What one walk down the trees has made so far: tensors end to end, and how many elements they have. */
type Walk = { inputs: Value[]; size: number }

/**
 * The sums of the leaves' weights for each row of `x` (shape rows x features): rows x targets.
 * Cost in a circuit: a rank for each feature, and a product for each branch below a root.
 */
export function walkForest(node: OpNode, forest: Forest, x: Value, base: readonly number[]): Value {
  const [rows, features] = x.shape as [number, number]
  const { flags, flagOf } = compareAll(node, forest, x, rows, features)
  const walk: Walk = {
    inputs: flags === undefined ? [] : [flags],
    size: flags === undefined ? 0 : flags.shape[0]!,
  }
  const sums = Array.from({ length: rows }, () => new Map<number, Sum>())
  for (const row of sums) for (const root of forest.roots) row.set(root, { bias: 1, terms: new Map() })
  let level: readonly number[] = forest.roots
  while (level.length > 0) level = descend(node, forest, walk, sums, level, flagOf)
  return addLeaves(node, forest, walk, sums, base)
}

function compareAll(node: OpNode, { branches }: Forest, x: Value, rows: number, features: number) {
  const keys = new Map<string, number>()
  const used: Branch[] = []
  for (const branch of branches) {
    if (branch === undefined || keys.has(keyOf(branch))) continue
    keys.set(keyOf(branch), used.length)
    used.push(branch)
  }
  const element = Int32Array.from({ length: rows * used.length }, (_, i) => {
    return Math.floor(i / used.length) * features + used[i % used.length]!.feature
  })
  const threshold = Float64Array.from(element, (_, i) => used[i % used.length]!.threshold)
  const flags = used.length === 0 ? undefined : compare(node.graph, x, element, threshold, [element.length])
  return { flags, flagOf: (row: number, branch: Branch) => row * used.length + keys.get(keyOf(branch))! }
}

function keyOf({ feature, threshold }: Branch): string {
  return `${feature}/${threshold}`
}

/** Splits every branch of a level; returns the nodes of the next. A root's indicator is 1, and its split is free. */
function descend(
  node: OpNode,
  { branches }: Forest,
  walk: Walk,
  sums: readonly Map<number, Sum>[],
  level: readonly number[],
  flagOf: (row: number, branch: Branch) => number,
): number[] {
  const splits = sums.flatMap((row, at) =>
    level.flatMap((id) => {
      const branch = branches[id]
      return branch === undefined ? [] : [{ row, branch, indicator: row.get(id)!, flag: flagOf(at, branch) }]
    }),
  )
  const products = splits.filter(({ indicator }) => indicator.terms.size > 0)
  const places = multiply(
    node,
    walk,
    products.map(({ indicator, flag }) => ({ indicator, flag })),
  )
  let next = 0
  for (const { row, branch, indicator, flag } of splits) {
    const both = indicator.terms.size > 0 ? places[next++]! : flag
    row.set(branch.atLeast, { bias: 0, terms: new Map([[both, 1]]) })
    const terms = new Map(indicator.terms).set(both, (indicator.terms.get(both) ?? 0) - 1)
    row.set(branch.below, { bias: indicator.bias, terms })
  }
  return level.flatMap((id) => (branches[id] === undefined ? [] : [branches[id].atLeast, branches[id].below]))
}

/** The places of the products of indicators and flags among all signals. */
function multiply(node: OpNode, walk: Walk, pairs: readonly { indicator: Sum; flag: number }[]): number[] {
  if (pairs.length === 0) return []
  const shape = [pairs.length]
  const indicators = linear(node.graph, walk.inputs, sumsOf(pairs.map(({ indicator }) => indicator)), shape)
  const left = Int32Array.from(pairs, (_, i) => walk.size + i)
  const right = Int32Array.from(pairs, ({ flag }) => flag)
  const made = product(node.graph, [...walk.inputs, indicators], left, right, shape)
  const first = walk.size
  walk.inputs = [...walk.inputs, made]
  walk.size += pairs.length
  return pairs.map((_, i) => first + i)
}

function addLeaves(
  node: OpNode,
  { leaves }: Forest,
  walk: Walk,
  sums: readonly Map<number, Sum>[],
  base: readonly number[],
): Value {
  const rows = sums.flatMap((row) =>
    base.map((bias, target) => {
      const terms = new Map<number, number>()
      let constant = bias
      for (const leaf of leaves) {
        if (leaf.target !== target) continue
        const indicator = row.get(leaf.node)
        if (indicator === undefined) throw new InvalidNodeError(node, 'a leaf is in no tree')
        constant += leaf.weight * indicator.bias
        for (const [at, sign] of indicator.terms) terms.set(at, (terms.get(at) ?? 0) + sign * leaf.weight)
      }
      return { bias: constant, terms }
    }),
  )
  const shape: Shape = [sums.length, base.length]
  return linear(node.graph, walk.inputs, sumsOf(rows), shape)
}

/** Sums as the rows of a linear operator over all signals. */
function sumsOf(rows: readonly Sum[]) {
  const entries = rows.map(({ terms }) =>
    [...terms].filter(([, weight]) => weight !== 0).sort(([a], [b]) => a - b),
  )
  const rowStart = new Int32Array(rows.length + 1)
  for (const [row, { length }] of entries.entries()) rowStart[row + 1] = rowStart[row]! + length
  const flat = entries.flat()
  const distinct = [...new Set(flat.map(([, weight]) => weight))]
  const weightOf = new Map(distinct.map((weight, i) => [weight, i]))
  return {
    rowStart,
    column: Int32Array.from(flat, ([column]) => column),
    weight: Int32Array.from(flat, ([, weight]) => weightOf.get(weight)!),
    weights: Float64Array.from(distinct),
    bias: Float64Array.from(rows, ({ bias }) => bias),
  }
}
