/** Which node of a file a node of its folded graph came from. */
import { insteadOf } from './advice.js'
import type { Model } from './decode.js'
import type { NodeProto } from './gen/onnx_pb.js'
import type { UnsupportedNode } from './unsupported.js'

/**
 * ONNX Runtime writes out operators that it has no code for, and functions of the model, as nodes of its own names. What
 * is wrong with those is said of the node of the file that they came from.
 */
export function byOrigin(model: Model, folded: Model, found: readonly UnsupportedNode[]): UnsupportedNode[] {
  const origin = originsOf(model, folded)
  const parts = new Map<string, UnsupportedNode[]>()
  for (const part of found) {
    const name = origin.get(part.node)?.node ?? part.node
    parts.set(name, [...(parts.get(name) ?? []), part])
  }
  return Array.from(parts, ([node, [first, ...rest]]) => {
    const made = origin.get(first!.node)
    if (made === undefined || (rest.length === 0 && made.operator === first!.operator)) return first!
    const steps = [first!, ...rest].map(({ operator, reason }) => `${operator}: ${reason}`)
    const hint = `${insteadOf(made.domain, made.operator)}; or ${first!.hint}`
    return {
      node,
      operator: made.operator,
      opset: first!.opset,
      reason: `it is made of ${steps.join('; ')}`,
      hint,
    }
  })
}

type Origin = { readonly node: string; readonly operator: string; readonly domain: string }

/** By name of a node that the file does not have: the node that it is a part of. */
function originsOf(model: Model, folded: Model): Map<string, Origin> {
  const makers = new Map<string, Origin>()
  const own = new Set<string>()
  for (const proto of model.graph.node) {
    const { domain, opType } = proto
    const origin = { node: nameOf(proto), operator: domain === '' ? opType : `${domain}.${opType}`, domain }
    own.add(origin.node)
    for (const output of proto.output) if (output !== '') makers.set(output, origin)
  }
  const origins = new Map<string, Origin>()
  // from the end: the first value of the file that comes out of a part is the whole's
  for (const proto of folded.graph.node.toReversed()) {
    const origin = proto.output.map((output) => makers.get(output)).find((maker) => maker !== undefined)
    if (origin === undefined) continue
    if (!own.has(nameOf(proto))) origins.set(nameOf(proto), origin)
    for (const input of proto.input) if (input !== '' && !makers.has(input)) makers.set(input, origin)
  }
  return origins
}

function nameOf({ name, output, opType }: NodeProto): string {
  return name !== '' ? name : (output.find((value) => value !== '') ?? opType)
}
