/**
 * Ensembles of decision trees (`TreeEnsembleClassifier`, `TreeEnsembleRegressor` of ai.onnx.ml, versions 1 to 3) as
 * parallel lists say them.
 *
 * Traps: the lists are in any order, over all trees; node ids count anew in each tree; a node that no branch leads to is
 * a root.
 */
import { floats, ints, strings, tensor } from './attributes.js'
import type { Value } from './builder.js'
import type { Branch, Leaf, Trees } from './forest-sums.js'
import { InvalidNodeError, type OpNode } from './node.js'
import { above, among, atLeast, not, type Precision, type Step } from './steps.js'
import { UnsupportedNodeError } from './unsupported.js'

/** Branches above one another: a circuit of more would be no small one, and this many are walked safely. */
const DEEPEST = 500

const MODES: Readonly<Record<string, (value: number, precision: Precision) => Step>> = {
  BRANCH_LEQ: (value, precision) => not(above(value, precision)),
  BRANCH_LT: (value) => not(atLeast(value)),
  BRANCH_GTE: atLeast,
  BRANCH_GT: above,
  BRANCH_EQ: (value, precision) => among([value], precision),
  BRANCH_NEQ: (value, precision) => not(among([value], precision)),
}

/**
 * `kind` begins the names of the leaves' attributes. Throws `InvalidNodeError` for trees that are none, and
 * `UnsupportedNodeError` for branches of another kind.
 */
export function readForest(node: OpNode, kind: 'class' | 'target', x: Value, targets: number): Trees {
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
  const values = numbers(node, 'nodes_values')
  const branches = strings(node.attributes, 'nodes_modes').map((mode, i): Branch | undefined => {
    if (mode === 'LEAF') return undefined
    return {
      feature: feature![i]!,
      step: stepOf(mode, values[i]!, precisionOf(x)),
      whenTrue: find(trees[i]!, yes![i]!),
      whenFalse: find(trees[i]!, no![i]!),
    }
  })
  return checkTrees(node, branches, undefined, readLeaves(node, kind, find), {
    features: x.shape[1]!,
    targets,
  })
}

/** Trees compare as finely as their input. */
export function precisionOf({ type }: Value): Precision {
  return type === 'float64' ? 'float64' : 'float32'
}

function stepOf(mode: string, value: number, precision: Precision): Step {
  const known = MODES[mode]
  if (known === undefined) {
    const modes = Object.keys(MODES).join(', ')
    throw new UnsupportedNodeError(`a branch compares by ${mode}`, `use ${modes} or LEAF`)
  }
  if (!(value <= Infinity))
    throw new UnsupportedNodeError('a branch compares with no number', 'train without NaN')
  return known(value, precision)
}

function readLeaves(node: OpNode, kind: string, find: (tree: number, id: number) => number): Leaf[] {
  const trees = list(node, `${kind}_treeids`)
  const ids = list(node, `${kind}_nodeids`)
  const targets = list(node, `${kind}_ids`)
  const weights = numbers(node, `${kind}_weights`)
  if (weights.length !== targets.length)
    throw new InvalidNodeError(node, 'its leaves and weights differ in number')
  return targets.map((target, i) => ({ node: find(trees[i]!, ids[i]!), target, weight: weights[i]! }))
}

/** Trees hold numbers as a list of float32, or as a tensor where they are float64. */
export function numbers(node: OpNode, name: string): readonly number[] {
  const stored = tensor(node.attributes, `${name}_as_tensor`)
  return stored === undefined ? (floats(node.attributes, name) ?? []) : [...stored.data]
}

function list(node: OpNode, name: string): readonly number[] {
  const found = ints(node.attributes, name)
  if (found === undefined) throw new InvalidNodeError(node, `its attribute ${name} is missing`)
  return found
}

/** Without `roots`, they are the nodes that no branch leads to. Throws `InvalidNodeError` for trees that are none. */
export function checkTrees(
  node: OpNode,
  branches: Trees['branches'],
  roots: readonly number[] | undefined,
  leaves: readonly Leaf[],
  { features, targets }: { features: number; targets: number },
): Trees {
  const stray = branches.find((branch) => branch && !(branch.feature >= 0 && branch.feature < features))
  if (stray !== undefined) {
    throw new InvalidNodeError(node, `a branch reads feature ${stray.feature} of ${features}`)
  }
  const lost = leaves.find(({ target }) => !(target >= 0 && target < targets))
  if (lost !== undefined)
    throw new InvalidNodeError(node, `a leaf adds to target ${lost.target} of ${targets}`)
  const children = new Set(branches.flatMap((branch) => (branch ? [branch.whenTrue, branch.whenFalse] : [])))
  const tops = roots ?? [...branches.keys()].filter((i) => !children.has(i))
  const depth = depthOf(node, branches, tops)
  if (depth > DEEPEST) {
    throw new UnsupportedNodeError(
      `it has trees of ${depth} levels`,
      'limit their depth (max_depth) in training',
    )
  }
  return { branches, roots: tops, leaves }
}

/** Throws `InvalidNodeError` unless every node is in one tree, once. */
function depthOf(node: OpNode, branches: Trees['branches'], roots: readonly number[]): number {
  const seen = new Set(roots)
  let depth = 0
  for (let level = roots; level.length > 0; depth++) {
    const below = level.flatMap((at) => {
      const branch = branches[at]
      return branch === undefined ? [] : [branch.whenTrue, branch.whenFalse]
    })
    for (const at of below) {
      if (seen.has(at)) throw new InvalidNodeError(node, 'two branches lead to one node')
      seen.add(at)
    }
    level = below
  }
  if (seen.size < branches.length) throw new InvalidNodeError(node, 'a node is in no tree')
  return depth
}
