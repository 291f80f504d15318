/**
 * TreeEnsemble of ai.onnx.ml (from version 5 on): branches and leaves in lists of their own.
 *
 * Traps: a branch leads to a leaf or to another branch, as a flag of its own says; one leaf may be at the end of several
 * branches; the sets of BRANCH_MEMBER stand end to end in one list, in the order of their branches, with a NaN after each.
 */
import { type Attributes, int, ints, tensor } from '../attributes.js'
import type { Value } from '../builder.js'
import { checkTrees, precisionOf } from '../forest.js'
import { aggregate } from '../forest-program.js'
import type { Branch, Leaf, Trees } from '../forest-sums.js'
import { InvalidNodeError, type OpNode, requireInput, requireRank } from '../node.js'
import { POST_TRANSFORMS } from '../scores.js'
import { above, among, atLeast, not, type Precision, type Step } from '../steps.js'

/** By the numbers that the operator gives them. */
const AGGREGATES = ['AVERAGE', 'SUM', 'MIN', 'MAX'] as const

const MODES: readonly ((value: number, precision: Precision, members: readonly number[]) => Step)[] = [
  (value, precision) => not(above(value, precision)),
  (value) => not(atLeast(value)),
  atLeast,
  above,
  (value, precision) => among([value], precision),
  (value, precision) => not(among([value], precision)),
  (_, precision, members) => among(members, precision),
]

const MEMBER = 6

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 2, 2)
  const targets = int(node.attributes, 'n_targets', 1)
  if (!(targets >= 1 && targets <= 4096)) throw new InvalidNodeError(node, `it has ${targets} targets`)
  const transform = POST_TRANSFORMS[int(node.attributes, 'post_transform', 0)]
  const by = AGGREGATES[int(node.attributes, 'aggregate_function', 1)]
  if (transform === undefined || by === undefined) {
    throw new InvalidNodeError(node, 'its post_transform or aggregate_function is no known number')
  }
  return aggregate(node, x, readTrees(node, x, targets), {
    by,
    base: new Array<number>(targets).fill(0),
    transform,
  })
}

/** Each way to a leaf gets a leaf of its own, numbered after the branches. */
function readTrees(node: OpNode, x: Value, targets: number): Trees {
  const { attributes } = node
  const [targetIds, weights] = [list(node, 'leaf_targetids'), stored(attributes, 'leaf_weights')]
  const steps = readSteps(node, precisionOf(x))
  const leaves: Leaf[] = []
  const child = (index: number | undefined, isLeaf: number | undefined): number => {
    const known = isLeaf ? Math.min(targetIds.length, weights.length) : steps.length
    if (index === undefined || !(index >= 0 && index < known)) {
      throw new InvalidNodeError(node, `a branch leads to ${isLeaf ? 'leaf' : 'node'} ${index} of ${known}`)
    }
    if (!isLeaf) return index
    const at = steps.length + leaves.length
    leaves.push({ node: at, target: targetIds[index]!, weight: weights[index]! })
    return at
  }
  const [feature, yes, no] = ['featureids', 'truenodeids', 'falsenodeids'].map((name) =>
    list(node, `nodes_${name}`),
  )
  const [yesLeaf, noLeaf] = ['trueleafs', 'falseleafs'].map((name) => list(node, `nodes_${name}`))
  const branches: (Branch | undefined)[] = steps.map((step, i) => ({
    feature: feature![i] ?? -1,
    step,
    whenTrue: child(yes![i], yesLeaf![i]),
    whenFalse: child(no![i], noLeaf![i]),
  }))
  const roots = list(node, 'tree_roots')
  const stray = roots.find((root) => !(root >= 0 && root < steps.length))
  if (stray !== undefined) throw new InvalidNodeError(node, `it has no node ${stray} for a root`)
  const all = [...branches, ...leaves.map(() => undefined)]
  return checkTrees(node, all, roots, leaves, { features: x.shape[1]!, targets })
}

function readSteps(node: OpNode, precision: Precision): Step[] {
  const [modes, splits] = [stored(node.attributes, 'nodes_modes'), stored(node.attributes, 'nodes_splits')]
  const members = stored(node.attributes, 'membership_values')
  let next = 0
  return Array.from(modes, (mode, i) => {
    const make = MODES[mode]
    if (make === undefined) throw new InvalidNodeError(node, `a branch is of the unknown mode ${mode}`)
    if (mode !== MEMBER) {
      const split = splits[i]!
      if (!(split <= Infinity)) throw new InvalidNodeError(node, 'a branch compares with no number')
      return make(split, precision, [])
    }
    const end = members.findIndex((value, at) => at >= next && Number.isNaN(value))
    const own = members.slice(next, end < 0 ? members.length : end)
    next += own.length + 1
    return make(0, precision, [...own])
  })
}

function stored(attributes: Attributes, name: string): Float64Array {
  return tensor(attributes, name)?.data ?? new Float64Array(0)
}

function list(node: OpNode, name: string): readonly number[] {
  const found = ints(node.attributes, name)
  if (found === undefined) throw new InvalidNodeError(node, `its attribute ${name} is missing`)
  return found
}
