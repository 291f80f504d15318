/**
 * Class labels that are strings, as converters of classical models keep them: a proof can only name the place of a class,
 * so places stand for the strings, and a note says which is which.
 *
 * Where a classifier or a table of labels makes them, its strings become 0, 1, 2, ... in their order; layout operators
 * pass either on. Other operators on strings stay, and are refused by the import.
 */
import type { Model } from './decode.js'
import { elementType } from './elements.js'
import {
  AttributeProto_AttributeType as Kind,
  type NodeProto,
  TensorProto_DataType as Type,
} from './gen/onnx_pb.js'

/** Edits the model in place, and returns one note for each classifier or table. */
export function numberLabels(model: Model): string[] {
  const { graph } = model
  const made = new Set<string>()
  const notes = [...numberTables(model, made)]
  for (const node of graph.node) {
    if (PASSES_ON.includes(node.opType) && node.input.some((name) => made.has(name)))
      made.add(node.output[0]!)
    const labels = node.domain === 'ai.onnx.ml' ? stringLabels(node) : []
    if (labels.length === 0 || (node.output[0] ?? '') === '') continue
    if (!isLabel(model, node.output[0]!)) continue
    numberClassifier(node, labels.length)
    made.add(node.output[0]!)
    notes.push(describe(node.output[0]!, labels))
  }
  // what is declared as strings holds numbers now: the runtime infers the type
  for (const port of [...graph.output, ...graph.valueInfo]) if (made.has(port.name)) delete port.type
  return notes
}

const PASSES_ON = ['Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten']

/** By operator, the name of its integer labels. */
const INTEGER_LABELS: Readonly<Record<string, string>> = {
  LinearClassifier: 'classlabels_ints',
  SVMClassifier: 'classlabels_ints',
  TreeEnsembleClassifier: 'classlabels_int64s',
}

function stringLabels({ opType, attribute }: NodeProto): string[] {
  if (INTEGER_LABELS[opType] === undefined) return []
  const found = attribute.find(({ name }) => name === 'classlabels_strings')
  return found?.strings.map(decode) ?? []
}

function numberClassifier(node: NodeProto, count: number): void {
  const strings = node.attribute.find(({ name }) => name === 'classlabels_strings')!
  node.attribute = node.attribute.filter(({ name }) => name !== INTEGER_LABELS[node.opType])
  strings.name = INTEGER_LABELS[node.opType]!
  strings.type = Kind.INTS
  strings.strings = []
  strings.ints = Array.from({ length: count }, (_, place) => BigInt(place))
}

/** Constant strings that ArrayFeatureExtractor alone reads, at the place of a class. */
function* numberTables(model: Model, made: Set<string>): Generator<string> {
  for (const tensor of model.graph.initializer) {
    if (elementType(tensor.dataType) !== 'string' || tensor.stringData.length === 0) continue
    const tables = readers(model, tensor.name)
    const looksUp = tables.every(
      ({ opType, input }) => opType === 'ArrayFeatureExtractor' && input[0] === tensor.name,
    )
    if (tables.length === 0 || !looksUp || tables.some(({ output }) => !isLabel(model, output[0]!))) continue
    const labels = tensor.stringData.map(decode)
    tensor.dataType = Type.INT64
    tensor.stringData = []
    tensor.int64Data = labels.map((_, place) => BigInt(place))
    for (const { output } of tables) {
      made.add(output[0]!)
      yield describe(output[0]!, labels)
    }
  }
}

/** Whether nothing computes with a value: it only goes on to outputs. */
function isLabel(model: Model, name: string): boolean {
  const seen = new Set([name])
  for (const value of seen) {
    for (const { opType, output } of readers(model, value)) {
      if (!PASSES_ON.includes(opType)) return false
      seen.add(output[0]!)
    }
  }
  return true
}

function readers({ graph }: Model, name: string): NodeProto[] {
  return graph.node.filter(({ input }) => input.includes(name))
}

function decode(text: Uint8Array): string {
  return Buffer.from(text).toString('utf8')
}

function describe(output: string, labels: readonly string[]): string {
  const classes = labels.map((label, place) => `${place} for ${label}`).join(', ')
  return `Output "${output}": numbers stand for the labels: ${classes}.`
}
