/**
 * The official ONNX backend node tests. These models take everything as inputs; here the first input is computed and the
 * others are constants, which is how real models have them. Whatever the importer takes must compute the published
 * outputs, and of the operators in the registry it must refuse nothing but what is listed below.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { create } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import { decodeModel, type Model } from '../../src/onnx/decode.js'
import { pinDimensions } from '../../src/onnx/dims.js'
import { TensorProtoSchema } from '../../src/onnx/gen/onnx_pb.js'
import { type Imported, importGraph } from '../../src/onnx/import.js'
import { casePath, hasCases, readCase } from '../helpers/cases.js'
import { floats, ints, type TensorInit, Type } from '../helpers/onnx-model.js'

type NodeTensor = { name: string; dtype: string; dims: number[]; data: (number | boolean | string)[] }

type NodeCase = { sets: { inputs: NodeTensor[]; outputs: NodeTensor[] }[] }

/** Refused on purpose, by reason. */
const REFUSED: readonly RegExp[] = [
  /(BatchNormalization|Dropout) .*: it is in training mode/,
  /Cast .*: it casts to FLOAT8E4M3FN/,
  /ConstantOfShape .*: its extents are computed/,
  /NonZero .*: how many elements it returns/,
  /MaxPool .*: its output "Indices" is used/,
  /Equal .*: it asks whether computed floats/,
  /OneHot .*: its indices are computed floats/,
  /Pow .*: it raises to the power of 1\.76/,
]

describe.skipIf(!hasCases('onnx-node'))('ONNX node tests', () => {
  const names = hasCases('onnx-node')
    ? readdirSync(casePath('onnx-node')).filter((name) => !name.includes('.'))
    : []
  const counts = { equal: 0, refused: 0, absent: 0, outOfScope: 0 }

  test.each(names)('%s', (name) => {
    const refusal = check(name)
    if (refusal === undefined) counts.equal++
    else if (refusal === OUT_OF_SCOPE) counts.outOfScope++
    else if (refusal.includes('the operator is not supported')) counts.absent++
    else {
      counts.refused++
      expect(
        REFUSED.some((reason) => reason.test(refusal)),
        refusal,
      ).toBe(true)
    }
  })

  test('the supported operators make up three fifths of the cases', () => {
    console.info(`ONNX node tests: ${JSON.stringify(counts)}`)
    expect(counts.equal).toBeGreaterThan(0.6 * names.length)
  })
})

/** Strings and tensors without elements: nothing that could be proven. */
const OUT_OF_SCOPE = 'out of scope'

/** Undefined where all outputs are equal, otherwise why the model was refused. */
function check(name: string): string | undefined {
  const { sets } = readCase<NodeCase>('onnx-node', name, 'io.json')
  for (const { inputs, outputs } of sets) {
    if (inputs[0]?.dims.includes(0) || inputs.some(({ dtype }) => dtype === 'string')) return OUT_OF_SCOPE
    const model = decodeModel(readFileSync(casePath('onnx-node', name, 'model.onnx')))
    const imported = tryImport(model, inputs)
    if (typeof imported === 'string') return imported
    const { graph, softmaxOutputs } = imported
    const values = execute(graph, graph.inputs.length === 0 ? [] : [numbers(inputs[0]!)])
    for (const { tensor, name: output } of graph.outputs) {
      const truth = outputs.find((candidate) => candidate.name === output)!
      expect(graph.tensors[tensor]!.shape, output).toEqual(truth.dims)
      if (!softmaxOutputs.includes(output)) expectClose(values[tensor]!, numbers(truth))
    }
  }
  return undefined
}

function tryImport(model: Model, inputs: readonly NodeTensor[]): Imported | string {
  for (const input of inputs.slice(1)) {
    model.graph.initializer.push(create(TensorProtoSchema, storedTensor(input)))
  }
  try {
    pinDimensions(model)
    return importGraph(model)
  } catch (error) {
    return (error as Error).message
  }
}

/** Quantization follows the types of zero points, so that they must be what they are. */
function storedTensor(input: NodeTensor): TensorInit {
  const { name, dtype, dims } = input
  const values = [...numbers(input)]
  if (dtype.includes('float')) return floats(name, dims, values)
  if (!/^(u?int(8|16)|int32|bool)$/.test(dtype)) return ints(name, values, dims)
  const dataType = Type[dtype.toUpperCase() as keyof typeof Type]
  return { name, dims: dims.map(BigInt), dataType, int32Data: values }
}

function numbers({ data }: NodeTensor): Float64Array {
  return Float64Array.from(data, Number)
}

function expectClose(values: Float64Array, truth: Float64Array): void {
  expect(values.length).toBe(truth.length)
  const off = values.findIndex((value, at) => {
    return (
      !Object.is(value, truth[at]) && !(Math.abs(value - truth[at]!) <= 1e-4 * (1 + Math.abs(truth[at]!)))
    )
  })
  expect(off === -1 ? 'equal' : `element ${off} is ${values[off]}, not ${truth[off]}`).toBe('equal')
}
