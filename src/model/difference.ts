/** Where two integer programs first differ: for people who look for the layer that was changed. */
import type { Node } from './graph.js'
import type { QuantizedModel } from './quantized.js'

export type ProgramDifference = {
  /** Undefined for what belongs to no layer. */
  readonly layer: string | undefined
  /** `weights[12]`, say. */
  readonly what: string
  readonly found: string
  readonly expected: string
}

/** Undefined where the programs mean the same and are written alike; notes do not count. */
export function programDifference(
  found: QuantizedModel,
  expected: QuantizedModel,
): ProgramDifference | undefined {
  return (
    inputDifference(found, expected) ??
    nodeDifference(found, expected) ??
    tensorDifference(found, expected) ??
    scalars(undefined, 'outputs', found.outputs, expected.outputs)
  )
}

function inputDifference(found: QuantizedModel, expected: QuantizedModel): ProgramDifference | undefined {
  for (let i = 0; i < Math.max(found.inputs.length, expected.inputs.length); i++) {
    const [own, other] = [found.inputs[i], expected.inputs[i]]
    const what = `input "${(other ?? own)!.name}"`
    const difference =
      scalars(undefined, what, own?.name, other?.name) ??
      numbers(undefined, `${what} lo`, own!.lo, other!.lo) ??
      numbers(undefined, `${what} hi`, own!.hi, other!.hi)
    if (difference !== undefined) return difference
  }
  return undefined
}

function nodeDifference(found: QuantizedModel, expected: QuantizedModel): ProgramDifference | undefined {
  for (let i = 0; i < Math.max(found.nodes.length, expected.nodes.length); i++) {
    const [own, other] = [found.nodes[i], expected.nodes[i]]
    const layer = (other ?? own)!.name
    if (own === undefined || other === undefined)
      return { layer, what: 'the layer', found: presence(own), expected: presence(other) }
    const difference = layerDifference(own, other)
    if (difference !== undefined) return difference
  }
  return undefined
}

function presence(node: Node | undefined): string {
  return node === undefined ? 'absent' : 'present'
}

function layerDifference(own: Node, other: Node): ProgramDifference | undefined {
  const { op: ownOp, ...ownRest } = own
  const { op: otherOp, ...otherRest } = other
  return (
    scalars(other.name, 'place', ownRest, otherRest) ??
    fields(
      other.name,
      ownOp as unknown as Record<string, unknown>,
      otherOp as unknown as Record<string, unknown>,
    )
  )
}

function fields(
  layer: string,
  own: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
): ProgramDifference | undefined {
  // weights tell people more than the indices that follow from them
  const names = [...new Set(['kind', 'weights', 'bias', ...Object.keys(other), ...Object.keys(own)])]
  for (const name of names) {
    const [a, b] = [own[name], other[name]]
    const difference =
      isNumbers(a) && isNumbers(b) ? numbers(layer, name, a, b) : scalars(layer, name, plain(a), plain(b))
    if (difference !== undefined) return difference
  }
  return undefined
}

function tensorDifference(found: QuantizedModel, expected: QuantizedModel): ProgramDifference | undefined {
  const difference = scalars(undefined, 'tensors', found.tensors, expected.tensors)
  if (difference !== undefined) return difference
  for (const [tensor, scale] of expected.scales.entries()) {
    const what = `scale of "${expected.tensors[tensor]!.name}"`
    const own = numbers(undefined, what, found.scales[tensor]!, scale)
    if (own !== undefined) return own
  }
  return undefined
}

type Numbers = Float64Array | Int32Array

function isNumbers(value: unknown): value is Numbers {
  return value instanceof Float64Array || value instanceof Int32Array
}

function numbers(
  layer: string | undefined,
  what: string,
  own: Numbers,
  other: Numbers,
): ProgramDifference | undefined {
  const at = other.findIndex((value, i) => !Object.is(own[i], value))
  if (at >= 0)
    return { layer, what: `${what}[${at}]`, found: String(own[at] ?? 'nothing'), expected: String(other[at]) }
  return scalars(layer, `length of ${what}`, own.length, other.length)
}

function scalars(
  layer: string | undefined,
  what: string,
  own: unknown,
  other: unknown,
): ProgramDifference | undefined {
  const [found, expected] = [text(own), text(other)]
  return found === expected ? undefined : { layer, what, found, expected }
}

function text(value: unknown): string {
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing')
}

/** Typed arrays inside a field as lists. */
function plain(value: unknown): unknown {
  if (isNumbers(value)) return [...value]
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}
