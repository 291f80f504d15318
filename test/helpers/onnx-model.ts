/** ONNX models written down in tests: through the generated protobuf code, so that each is a real file. */
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { Random } from '../../src/base/random.js'
import { sizeOf } from '../../src/base/tensor.js'
import { encodeModel } from '../../src/onnx/decode.js'
import {
  type AttributeProtoSchema,
  type GraphProtoSchema,
  AttributeProto_AttributeType as Kind,
  type ModelProto,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
  TensorProto_DataType as Type,
  type ValueInfoProtoSchema,
} from '../../src/onnx/gen/onnx_pb.js'

export { Type }

export type AttributeValue =
  | number
  | bigint
  | string
  | readonly number[]
  | readonly bigint[]
  | readonly string[]
  | TensorInit
  | BodySpec

/** A branch, or the body of a loop. */
export type BodySpec = { readonly body: Omit<ModelSpec, 'opset'> }

export type TensorInit = MessageInitShape<typeof TensorProtoSchema>

export type NodeSpec = {
  op: string
  in: string[]
  out: string[]
  name?: string
  domain?: string
  /** bigint: INT or INTS; number: FLOAT or FLOATS; string: STRING or STRINGS. */
  attributes?: Record<string, AttributeValue>
}

export type ModelSpec = {
  opset: number
  irVersion?: number
  inputs: Record<string, { shape?: readonly (number | string | null)[]; type?: Type }>
  /** Element types of the outputs; shapes are left to inference. */
  outputs: Record<string, Type>
  initializers?: TensorInit[]
  nodes: NodeSpec[]
  domains?: Record<string, number>
}

export function buildModel(spec: ModelSpec): ModelProto {
  return create(ModelProtoSchema, {
    irVersion: BigInt(spec.irVersion ?? 8),
    producerName: 'zkonnx tests',
    opsetImport: [
      { domain: '', version: BigInt(spec.opset) },
      ...Object.entries(spec.domains ?? {}).map(([domain, version]) => ({
        domain,
        version: BigInt(version),
      })),
    ],
    graph: graphInit(spec),
  })
}

function graphInit(spec: Omit<ModelSpec, 'opset'>): MessageInitShape<typeof GraphProtoSchema> {
  return {
    name: 'graph',
    input: Object.entries(spec.inputs).map(([name, { shape, type }]) => valueInfo(name, shape, type)),
    output: Object.entries(spec.outputs).map(([name, type]) => valueInfo(name, undefined, type)),
    initializer: spec.initializers ?? [],
    node: spec.nodes.map(nodeInit),
  }
}

export function buildBytes(spec: ModelSpec): Uint8Array {
  return encodeModel(buildModel(spec))
}

export function floats(name: string, dims: readonly number[], values: ArrayLike<number>): TensorInit {
  return { name, dims: dims.map(BigInt), dataType: Type.FLOAT, floatData: Array.from(values) }
}

export function ints(
  name: string,
  values: readonly number[],
  dims: readonly number[] = [values.length],
): TensorInit {
  return { name, dims: dims.map(BigInt), dataType: Type.INT64, int64Data: values.map(BigInt) }
}

/** A generator of numbers in [0, 1) that gives the same for the same seed. */
export function seeded(seed: number): () => number {
  const random = new Random(seed)
  return () => random.unit()
}

export function randomValues(random: () => number, shape: readonly number[]): Float64Array {
  return Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(4 * random() - 2))
}

function valueInfo(
  name: string,
  shape: readonly (number | string | null)[] | undefined,
  elemType: Type = Type.FLOAT,
): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = shape?.map((extent) => {
    if (extent === null) return {}
    return typeof extent === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(extent) } }
      : { value: { case: 'dimParam' as const, value: extent } }
  })
  const value = dim === undefined ? { elemType } : { elemType, shape: { dim } }
  return { name, type: { value: { case: 'tensorType', value } } }
}

function nodeInit(spec: NodeSpec): MessageInitShape<typeof NodeProtoSchema> {
  return {
    opType: spec.op,
    input: spec.in,
    output: spec.out,
    name: spec.name ?? '',
    domain: spec.domain ?? '',
    attribute: Object.entries(spec.attributes ?? {}).map(([name, value]) => attributeInit(name, value)),
  }
}

function attributeInit(name: string, value: AttributeValue): MessageInitShape<typeof AttributeProtoSchema> {
  if (typeof value === 'bigint') return { name, type: Kind.INT, i: value }
  if (typeof value === 'number') return { name, type: Kind.FLOAT, f: value }
  if (typeof value === 'string') return { name, type: Kind.STRING, s: Buffer.from(value) }
  if (typeof value === 'object' && 'body' in value)
    return { name, type: Kind.GRAPH, g: graphInit(value.body) }
  if (!Array.isArray(value)) return { name, type: Kind.TENSOR, t: value as TensorInit }
  if (typeof value[0] === 'string')
    return { name, type: Kind.STRINGS, strings: value.map((text) => Buffer.from(text as string)) }
  return typeof value[0] === 'number'
    ? { name, type: Kind.FLOATS, floats: [...(value as number[])] }
    : { name, type: Kind.INTS, ints: [...(value as bigint[])] }
}
