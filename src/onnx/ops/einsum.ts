/**
 * Einsum with at most one computed operand: every such sum of products is a linear map of it. The constants are multiplied
 * first, and summed over the labels that they alone have.
 */
import { sizeOf, stridesOf, unravel } from '../../base/tensor.js'
import { text } from '../attributes.js'
import { checkSize, linear, type Value } from '../builder.js'
import { expandEllipsis, type Subscripts } from '../einsum.js'
import { InvalidNodeError, isConstant, type OpNode, requireInputs } from '../node.js'
import { UnsupportedNodeError } from '../unsupported.js'

type Labels = readonly string[]
type Extents = ReadonlyMap<string, number>
type Operand = { readonly labels: Labels; readonly value: Value }

export function lower(node: OpNode): Value {
  const values = requireInputs(node)
  const equation = text(node.attributes, 'equation') ?? ''
  const subscripts = expandEllipsis(
    node,
    equation,
    values.map((value) => value.shape),
  )
  const operands = values.map((value, at) => ({ value, labels: subscripts.inputs[at]! }))
  const computed = operands.filter(({ value }) => !isConstant(value))
  if (computed.length > 1)
    throw new UnsupportedNodeError('it multiplies two computed tensors', 'make all but one operand constant')
  const variable = computed[0] ?? operands[0]!
  const extents = extentsOf(node, operands)
  return contract(
    node,
    variable,
    operands.filter((operand) => operand !== variable),
    subscripts,
    extents,
  )
}

/** Extents of 1 broadcast, as ONNX Runtime has it. */
function extentsOf(node: OpNode, operands: readonly Operand[]): Extents {
  const extents = new Map<string, number>()
  for (const { labels, value } of operands) {
    labels.forEach((label, axis) => {
      const [own, known] = [value.shape[axis]!, extents.get(label) ?? 1]
      if (own !== known && own !== 1 && known !== 1)
        throw new InvalidNodeError(node, `its label "${label}" stands for ${known} and for ${own}`)
      extents.set(label, Math.max(own, known))
    })
  }
  return extents
}

function contract(
  node: OpNode,
  variable: Operand,
  constants: readonly Operand[],
  { output }: Subscripts,
  extents: Extents,
): Value {
  const shapeOf = (labels: Labels) => labels.map((label) => extents.get(label)!)
  const unlike = (labels: Labels, others: Labels) =>
    [...new Set(labels)].filter((label) => !others.includes(label))
  // a label of extent 1 in the variable alone is broadcast there: its column stays, so it is summed in the weights
  const own = variable.labels.filter((_, axis) => variable.value.shape[axis] !== 1)
  const summed = unlike(own, output)
  const inner = unlike(constants.flatMap(({ labels }) => labels).concat(variable.labels), [
    ...output,
    ...summed,
  ])
  const [rows, terms, folded] = [output, summed, inner].map((labels) => sizeOf(shapeOf(labels))) as [
    number,
    number,
    number,
  ]
  checkSize(node.graph, rows * terms * folded, 'an Einsum')
  const columns = offsets(variable, [...output, ...summed], extents)
  const weights =
    constants.length === 0 ? Float64Array.of(1) : products(constants, [...output, ...summed], inner, extents)
  const op = {
    rowStart: Int32Array.from({ length: rows + 1 }, (_, row) => row * terms),
    column: columns,
    weight: columns.map((_, at) => (constants.length === 0 ? 0 : at)),
    weights,
    bias: new Float64Array(rows),
  }
  return linear(node.graph, [variable.value], op, shapeOf(output))
}

/** For each place over `labels`, the sum over `inner` of the product of all constants. */
function products(
  constants: readonly Operand[],
  labels: Labels,
  inner: Labels,
  extents: Extents,
): Float64Array {
  const all = [...labels, ...inner]
  const folded = sizeOf(inner.map((label) => extents.get(label)!))
  const places = constants.map((operand) => offsets(operand, all, extents))
  const sums = new Float64Array(sizeOf(all.map((label) => extents.get(label)!)) / folded)
  for (let at = 0; at < sums.length * folded; at++) {
    let product = 1
    constants.forEach(({ value }, operand) => {
      product *= value.data![places[operand]![at]!]!
    })
    sums[Math.floor(at / folded)]! += product
  }
  return sums
}

/** For each place over `labels`, the element of the operand there; labels that it lacks do not move it. */
function offsets({ labels: own, value }: Operand, labels: Labels, extents: Extents): Int32Array {
  const strides = stridesOf(value.shape)
  const steps = labels.map((label) =>
    own.reduce(
      (sum, name, axis) => sum + (name === label && value.shape[axis] !== 1 ? strides[axis]! : 0),
      0,
    ),
  )
  const shape = labels.map((label) => extents.get(label)!)
  return Int32Array.from({ length: sizeOf(shape) }, (_, at) =>
    unravel(at, shape).reduce((sum, place, axis) => sum + place * steps[axis]!, 0),
  )
}
