/** What an ONNX file says of itself. */
import { exportAgain } from './advice.js'
import type { Model } from './decode.js'
import { describeType, elementType } from './elements.js'
import type { ValueInfoProto } from './gen/onnx_pb.js'
import type { UnsupportedNode } from './unsupported.js'

export type ModelFacts = {
  readonly producer: string
  readonly irVersion: number
  readonly opsets: Readonly<Record<string, number>>
  readonly inputs: readonly PortFacts[]
  readonly outputs: readonly PortFacts[]
  /** Of the file as it is, before constants are folded. */
  readonly nodes: number
  readonly parameters: number
  /** What is left once constants and shapes are folded, by operator. */
  readonly operators: readonly OperatorFacts[]
  readonly notes: readonly string[]
  /** The command that exports such a file again. */
  readonly exportAgain: string
}

/** Names stand for open axes; without a shape the file does not say. */
export type PortFacts = {
  readonly name: string
  readonly type: string
  readonly shape?: readonly (number | string)[]
}

export type OperatorFacts = {
  readonly operator: string
  readonly nodes: number
  readonly unsupported: number
}

export function factsOf(model: Model): ModelFacts {
  const { graph } = model
  const stored = new Set(graph.initializer.map(({ name }) => name))
  const producer = `${model.producerName} ${model.producerVersion}`.trim()
  return {
    producer,
    irVersion: Number(model.irVersion),
    opsets: Object.fromEntries(
      model.opsetImport.map(({ domain, version }) => [domain || 'ai.onnx', Number(version)]),
    ),
    inputs: graph.input.filter(({ name }) => !stored.has(name)).map(portFacts),
    outputs: graph.output.map(portFacts),
    nodes: graph.node.length,
    parameters: graph.initializer.reduce(
      (sum, { dims }) => sum + dims.reduce((size, extent) => size * Number(extent), 1),
      0,
    ),
    operators: [],
    notes: [],
    exportAgain: exportAgain(producer),
  }
}

function portFacts({ name, type }: ValueInfoProto): PortFacts {
  if (type?.value.case === undefined) return { name, type: 'unknown' }
  if (type.value.case !== 'tensorType') return { name, type: type.value.case.replace(/Type$/, '') }
  const { elemType, shape } = type.value.value
  const kind = elementType(elemType) ?? describeType(elemType)
  if (shape === undefined) return { name, type: kind }
  const extents = shape.dim.map(({ value }) => {
    if (value.case === 'dimParam' && value.value !== '') return value.value
    return value.case === 'dimValue' && value.value > 0n ? Number(value.value) : '?'
  })
  return { name, type: kind, shape: extents }
}

export function operatorsOf({ graph }: Model, unsupported: readonly UnsupportedNode[]): OperatorFacts[] {
  const counts = new Map<string, { nodes: number; unsupported: number }>()
  const countOf = (operator: string) => {
    const count = counts.get(operator) ?? { nodes: 0, unsupported: 0 }
    counts.set(operator, count)
    return count
  }
  for (const { domain, opType } of graph.node) {
    if (opType !== 'Constant') countOf(domain === '' ? opType : `${domain}.${opType}`).nodes++
  }
  for (const { operator } of unsupported) if (counts.has(operator)) countOf(operator).unsupported++
  return Array.from(counts, ([operator, count]) => ({ operator, ...count }))
}
