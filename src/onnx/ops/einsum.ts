/**
 * Einsum. The constants are multiplied first, and summed over the labels that they alone have: with one computed operand
 * the result is a linear map of it. Further ones are joined to it one by one, each time summing over what is not needed
 * any more.
 */
import { sizeOf, stridesOf, unravel } from '../../base/tensor.js'
import { text } from '../attributes.js'
import { sumOfProducts } from '../bilinear.js'
import { checkSize, linear, type Value } from '../builder.js'
import { expandEllipsis, type Subscripts } from '../einsum.js'
import { InvalidNodeError, isConstant, type OpNode, requireInputs } from '../node.js'

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
  const variable = computed[0] ?? operands[0]!
  const constants = operands.filter((operand) => operand !== variable && !computed.includes(operand))
  const extents = extentsOf(node, operands)
  return joinOperands(node, variable, constants, computed.slice(1), subscripts.output, extents)
}

function joinOperands(
  node: OpNode,
  variable: Operand,
  constants: readonly Operand[],
  others: readonly Operand[],
  output: Labels,
  extents: Extents,
): Value {
  if (others.length === 0) return contract(node, variable, constants, { output }, extents)
  const needed = (operands: readonly Operand[], later: readonly Operand[]) => {
    const wanted = new Set([...output, ...later.flatMap(({ labels }) => labels)])
    return [...new Set(operands.flatMap(({ labels }) => labels))].filter((label) => wanted.has(label))
  }
  const labels = needed([variable, ...constants], others)
  const first =
    constants.length === 0
      ? variable
      : { labels, value: contract(node, variable, constants, { output: labels }, extents) }
  return others.reduce((joined: Operand, other, at) => {
    const later = others.slice(at + 1)
    const kept = later.length === 0 ? output : needed([joined, other], later)
    return { labels: kept, value: joinPair(node, joined, other, kept, extents) }
  }, first).value
}

/** The sum of products over all labels but `kept`. */
function joinPair(node: OpNode, a: Operand, b: Operand, kept: Labels, extents: Extents): Value {
  const shapeOf = (labels: Labels) => labels.map((label) => extents.get(label)!)
  const summed = [...new Set([...a.labels, ...b.labels])].filter((label) => !kept.includes(label))
  const [rows, terms] = [sizeOf(shapeOf(kept)), sizeOf(shapeOf(summed))]
  checkSize(node.graph, rows * terms, 'an Einsum')
  const [left, right] = [a, b].map((operand) => offsets(operand, [...kept, ...summed], extents))
  const rowStart = Int32Array.from({ length: rows + 1 }, (_, row) => row * terms)
  return sumOfProducts(node.graph, a.value, b.value, { rowStart, left: left!, right: right! }, shapeOf(kept))
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
  { output }: Pick<Subscripts, 'output'>,
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
