/** The attributes of a node, by typed getters whose errors name node, operator and attribute. */
import { BaseError } from '../base/errors.js'
import {
  type AttributeProto,
  type GraphProto,
  AttributeProto_AttributeType as Kind,
  type NodeProto,
} from './gen/onnx_pb.js'
import { readTensor, type TypedTensor } from './tensor-proto.js'

export type Attributes = {
  readonly node: string
  readonly operator: string
  readonly byName: ReadonlyMap<string, AttributeProto>
}

export function readAttributes(proto: NodeProto, node: string): Attributes {
  const byName = new Map(proto.attribute.map((attribute) => [attribute.name, attribute]))
  return { node, operator: proto.opType, byName }
}

export function has(attributes: Attributes, name: string): boolean {
  return attributes.byName.has(name)
}

export function int(attributes: Attributes, name: string, fallback: number): number {
  const found = find(attributes, name, Kind.INT)
  return found === undefined ? fallback : Number(found.i)
}

export function float(attributes: Attributes, name: string, fallback: number): number {
  return find(attributes, name, Kind.FLOAT)?.f ?? fallback
}

export function ints(attributes: Attributes, name: string): readonly number[] | undefined {
  return find(attributes, name, Kind.INTS)?.ints.map(Number)
}

export function floats(attributes: Attributes, name: string): readonly number[] | undefined {
  return find(attributes, name, Kind.FLOATS)?.floats
}

/** Empty where the attribute is left out. */
export function strings(attributes: Attributes, name: string): readonly string[] {
  return find(attributes, name, Kind.STRINGS)?.strings.map((text) => Buffer.from(text).toString('utf8')) ?? []
}

export function tensor(attributes: Attributes, name: string): TypedTensor | undefined {
  const found = find(attributes, name, Kind.TENSOR)
  if (found === undefined) return undefined
  if (found.t === undefined) throw new AttributeError(attributes, name, 'holds no tensor')
  return readTensor(found.t)
}

/** A body or a branch. Throws `AttributeError` where it is missing. */
export function graph(attributes: Attributes, name: string): GraphProto {
  const found = find(attributes, name, Kind.GRAPH)
  if (found?.g === undefined) throw new AttributeError(attributes, name, 'holds no graph')
  return found.g
}

export function text(attributes: Attributes, name: string): string | undefined {
  const found = find(attributes, name, Kind.STRING)
  return found && Buffer.from(found.s).toString('utf8')
}

/** One of `choices`, of which the first is the default. */
export function choice<const C extends string>(
  attributes: Attributes,
  name: string,
  choices: readonly C[],
): C {
  const found = text(attributes, name)
  if (found === undefined) return choices[0]!
  const chosen = choices.find((candidate) => candidate === found)
  if (chosen === undefined)
    throw new AttributeError(attributes, name, `is "${found}", not one of ${choices.join(', ')}`)
  return chosen
}

/** Files of IR 1 leave the type out: then the getter that asks is trusted. */
function find(attributes: Attributes, name: string, kind: Kind): AttributeProto | undefined {
  const found = attributes.byName.get(name)
  if (found === undefined) return undefined
  if (found.refAttrName !== '')
    throw new AttributeError(attributes, name, 'refers to a function outside the graph')
  if (found.type !== Kind.UNDEFINED && found.type !== kind) {
    throw new AttributeError(
      attributes,
      name,
      `is of type ${Kind[found.type] ?? found.type}, not ${Kind[kind]}`,
    )
  }
  return found
}

export class AttributeError extends BaseError {
  override name = 'Onnx.AttributeError'
  constructor(
    { node, operator }: Attributes,
    readonly attribute: string,
    readonly reason: string,
  ) {
    super(`Node "${node}" (${operator}): its attribute "${attribute}" ${reason}.`, {
      hint: 'check the model with onnx.checker, and export it again',
    })
  }
}
