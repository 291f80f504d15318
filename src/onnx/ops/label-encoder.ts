/**
 * LabelEncoder of ai.onnx.ml, from numbers to numbers: a table of keys and values, and a value for what is no key. Strings
 * are nothing that circuits compute with.
 */
import { sizeOf } from '../../base/tensor.js'
import { type Attributes, float, floats, has, int, ints, tensor } from '../attributes.js'
import type { Value } from '../builder.js'
import { type ElementType, isFloat } from '../elements.js'
import { InvalidNodeError, type OpNode, requireInput } from '../node.js'
import { pin, spike, staircase } from '../staircase.js'
import { UnsupportedNodeError } from '../unsupported.js'

type Column = { readonly data: readonly number[]; readonly type: ElementType }

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const [keys, values] = [columnOf(node.attributes, 'keys'), columnOf(node.attributes, 'values')]
  if (keys === undefined || values === undefined) {
    throw new UnsupportedNodeError(
      'it maps from or to strings',
      'encode labels as numbers before the model, and decode them after it',
    )
  }
  if (keys.data.length !== values.data.length)
    throw new InvalidNodeError(node, `it has ${keys.data.length} keys and ${values.data.length} values`)
  const fallback = defaultOf(node.attributes, values.type)
  const entries = new Map<number, number>()
  // of equal keys the first counts; NaN is never met
  keys.data.forEach((key, at) => {
    if (!Number.isNaN(key) && !entries.has(key)) entries.set(key, values.data[at]!)
  })
  const isWhole = x.range !== undefined
  const steps = [...entries]
    .filter(([key]) => !isWhole || Number.isInteger(key))
    .flatMap(([key, value]) => (isWhole ? spike : pin)(key, value - fallback))
  const rows = Array.from({ length: sizeOf(x.shape) }, (_, element) => ({ element, base: fallback, steps }))
  const all = [fallback, ...entries.values()]
  const isWholeResult = all.every(Number.isInteger)
  return {
    ...staircase(node.graph, x, rows, x.shape),
    type: values.type,
    range: isWholeResult ? { lo: Math.min(...all), hi: Math.max(...all) } : undefined,
  }
}

function columnOf(attributes: Attributes, side: 'keys' | 'values'): Column | undefined {
  const stored = has(attributes, `${side}_tensor`) ? tensor(attributes, `${side}_tensor`) : undefined
  if (stored !== undefined) return { data: [...stored.data], type: stored.type }
  const whole = ints(attributes, `${side}_int64s`)
  if (whole !== undefined) return { data: whole, type: 'int64' }
  const real = floats(attributes, `${side}_floats`)
  return real && { data: real, type: 'float32' }
}

/** What the specification gives to labels that are no key. */
function defaultOf(attributes: Attributes, type: ElementType): number {
  if (has(attributes, 'default_tensor')) return tensor(attributes, 'default_tensor')!.data[0] ?? 0
  return isFloat(type) ? float(attributes, 'default_float', 0) : int(attributes, 'default_int64', -1)
}
