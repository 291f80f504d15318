/** Where two ONNX models first differ: their weights by name, then their nodes in order. */
import { decodeModel, encodeNode, type Model } from './decode.js'
import type { TensorProto } from './gen/onnx_pb.js'
import { readTensor } from './tensor-proto.js'

/** One line, as "weight "fc1.weight": element 12 is 0.25, not 0.5"; undefined where nothing of these differs. */
export function modelDifference(found: Uint8Array, expected: Uint8Array): string | undefined {
  const [own, other] = [decodeModel(found, 'the first model'), decodeModel(expected, 'the second model')]
  return portDifference(own, other) ?? weightDifference(own, other) ?? nodeDifference(own, other)
}

function portDifference(own: Model, other: Model): string | undefined {
  for (const side of ['input', 'output'] as const) {
    const describe = (model: Model) =>
      model.graph[side].map(({ name, type }) => {
        const shape = type?.value.case === 'tensorType' ? type.value.value.shape?.dim : undefined
        return `${name} ${shape?.map(({ value }) => value.value ?? '?').join('x') ?? ''}`.trimEnd()
      })
    const [mine, theirs] = [describe(own), describe(other)]
    const at = theirs.findIndex((port, i) => mine[i] !== port)
    if (at >= 0) return `${side} ${at + 1} is "${mine[at] ?? 'absent'}", not "${theirs[at]}"`
    if (mine.length > theirs.length) return `${side} "${mine[theirs.length]}" is one too many`
  }
  return undefined
}

function weightDifference(own: Model, other: Model): string | undefined {
  const named = new Map(own.graph.initializer.map((tensor) => [tensor.name, tensor]))
  for (const tensor of other.graph.initializer) {
    const mine = named.get(tensor.name)
    if (mine === undefined) return `weight "${tensor.name}" is absent`
    const difference = tensorDifference(mine, tensor)
    if (difference !== undefined) return `weight "${tensor.name}": ${difference}`
  }
  return undefined
}

function tensorDifference(own: TensorProto, other: TensorProto): string | undefined {
  if (own.dataType !== other.dataType || String(own.dims) !== String(other.dims))
    return 'it has another type or shape'
  const [mine, theirs] = [readTensor(own).data, readTensor(other).data]
  for (let i = 0; i < theirs.length; i++)
    if (!Object.is(mine[i], theirs[i])) return `element ${i} is ${mine[i]}, not ${theirs[i]}`
  return undefined
}

function nodeDifference(own: Model, other: Model): string | undefined {
  const [mine, theirs] = [own.graph.node, other.graph.node]
  for (let at = 0; at < Math.max(mine.length, theirs.length); at++) {
    const [node, expected] = [mine[at], theirs[at]]
    const name = (expected ?? node)!.name || `number ${at + 1}`
    if (node === undefined || expected === undefined)
      return `node "${name}" is ${node === undefined ? 'absent' : 'one too many'}`
    const same = Buffer.compare(encodeNode(node), encodeNode(expected)) === 0
    if (!same)
      return node.opType === expected.opType
        ? `node "${name}" (${node.opType}) reads, makes or is told something else`
        : `node "${name}" is a ${node.opType}, not a ${expected.opType}`
  }
  return undefined
}
