/** Whether two float programs, rewritten by stand-ins, differ in anything but their secret numbers. */
import type { Graph, Node, Op } from '../model/graph.js'

/** The name of the first layer of `other` that is not as in `graph`, and in what; undefined where there is none. */
export function firstDifference(
  graph: Graph,
  other: Graph,
): { readonly layer: string; readonly what: string } | undefined {
  const ports = differingPorts(graph, other)
  if (ports !== undefined) return { layer: ports, what: 'another shape, or none' }
  for (let at = 0; at < Math.max(graph.nodes.length, other.nodes.length); at++) {
    const [own, theirs] = [graph.nodes[at], other.nodes[at]]
    if (own === undefined || theirs === undefined) {
      return { layer: (theirs ?? own)!.name, what: 'one model ends before it' }
    }
    const what = differenceOf(own, theirs)
    if (what !== undefined) return { layer: theirs.name, what }
  }
  return undefined
}

function differingPorts(graph: Graph, other: Graph): string | undefined {
  for (const side of ['inputs', 'outputs'] as const) {
    const describe = (program: Graph, at: number) => {
      const port = program[side][at]
      return port && `${port.tensor}: ${program.tensors[port.tensor]!.shape}`
    }
    for (let at = 0; at < Math.max(graph[side].length, other[side].length); at++) {
      if (describe(graph, at) !== describe(other, at)) return (other[side][at] ?? graph[side][at])!.name
    }
  }
  return undefined
}

function differenceOf(own: Node, theirs: Node): string | undefined {
  if (own.op.kind !== theirs.op.kind) return `it is a ${theirs.source}, not a ${own.source}`
  if (String(own.inputs) !== String(theirs.inputs) || own.output !== theirs.output)
    return 'it reads other tensors'
  const [fields, otherFields] = [structureOf(own.op), structureOf(theirs.op)]
  const names = [...new Set([...Object.keys(fields), ...Object.keys(otherFields)])]
  const name = names.find((field) => !sameField(fields[field], otherFields[field]))
  return name === undefined ? undefined : `its ${name} differs`
}

/** Everything of an operator that its circuit follows from. Stand-ins count, the numbers behind them do not. */
function structureOf(op: Op): Readonly<Record<string, unknown>> {
  if (op.kind !== 'linear' || op.standIns === undefined) return { ...op }
  const { rowStart, column, weight, standIns } = op
  return { rowStart, column, weight, weights: standIns.weight, bias: standIns.bias }
}

function sameField(a: unknown, b: unknown): boolean {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return Object.is(a, b)
  const bytes = (view: ArrayBufferView) => Buffer.from(view.buffer, view.byteOffset, view.byteLength)
  return bytes(a).equals(bytes(b))
}
