/**
 * Samples where there are none: random ones from a declared or an assumed domain. They tell what a circuit would cost,
 * roughly, since ranges choose widths; nothing that they say of a model's answers means anything.
 */
import { sin } from '../base/elementary.js'
import { Random } from '../base/random.js'
import { sizeOf } from '../base/tensor.js'
import type { Graph, Port } from '../model/graph.js'
import type { DeclaredDomain } from './domain.js'

export type Assumption = {
  readonly input: string
  /** In reals. */
  readonly lo: number
  readonly hi: number
  /** `declared` by the user, the range of the `type`, around the `thresholds` that it is compared with, or a `default`. */
  readonly from: 'declared' | 'type' | 'thresholds' | 'default'
}

export type Assumed = {
  readonly rows: readonly Float64Array[][]
  readonly assumptions: readonly Assumption[]
  readonly domains: Readonly<Record<string, DeclaredDomain>>
}

/** Where reals lie if nothing is known: about right for pixels and for features that were scaled. */
export const DEFAULT_DOMAIN = { lo: -1, hi: 1 } as const

/** Of integers: bytes, and whatever else is counted from 0. */
const INTEGERS = { lo: 0, hi: 255 } as const

const TYPES: Readonly<Record<string, { lo: number; hi: number }>> = {
  bool: { lo: 0, hi: 1 },
  int8: { lo: -128, hi: 127 },
  uint8: INTEGERS,
  int16: INTEGERS,
  uint16: INTEGERS,
  int32: INTEGERS,
  uint32: INTEGERS,
  int64: INTEGERS,
  uint64: INTEGERS,
}

/** Few, for each runs the whole model; a range needs no more. */
const SAMPLES = 24

/** `types` are the element types of the inputs, by name; where none is given, reals. Deterministic. */
export function assumeSamples(
  graph: Graph,
  types: Readonly<Record<string, string>>,
  declared: Readonly<Record<string, DeclaredDomain>> = {},
): Assumed {
  const random = new Random(1)
  const inputs = graph.inputs.map((port) => assume(graph, port, types[port.name], declared[port.name]))
  const rows = Array.from({ length: SAMPLES }, (_, sample) =>
    inputs.map(({ domain, whole, size }) => draw(random, domain, whole, size, sample)),
  )
  return {
    rows,
    assumptions: inputs.map(({ name, domain, from }) => ({ input: name, ...hullOf(domain), from })),
    domains: Object.fromEntries(inputs.map(({ name, domain }) => [name, domain])),
  }
}

type Input = {
  readonly name: string
  readonly size: number
  readonly domain: DeclaredDomain
  readonly whole: boolean
  readonly from: Assumption['from']
}

function assume(
  graph: Graph,
  { name, tensor }: Port,
  type: string | undefined,
  declared: DeclaredDomain | undefined,
): Input {
  const input = { name, size: sizeOf(graph.tensors[tensor]!.shape) }
  const ofType = TYPES[type ?? '']
  const whole = ofType !== undefined
  if (declared !== undefined) return { ...input, whole, domain: declared, from: 'declared' }
  if (ofType !== undefined) return { ...input, whole, domain: ofType, from: 'type' }
  const around = aroundThresholds(graph, tensor, input.size)
  if (around !== undefined) return { ...input, whole, domain: around, from: 'thresholds' }
  return { ...input, whole, domain: DEFAULT_DOMAIN, from: 'default' }
}

/** For an input that trees read: half a range beyond the least and the greatest threshold of each feature. */
function aroundThresholds(graph: Graph, tensor: number, size: number): DeclaredDomain | undefined {
  const lo = new Array<number>(size).fill(Infinity)
  const hi = new Array<number>(size).fill(-Infinity)
  let found = false
  for (const { op, inputs } of graph.nodes) {
    if (op.kind !== 'compare' || inputs[0] !== tensor) continue
    found = true
    op.element.forEach((element, i) => {
      const threshold = op.threshold[i]!
      if (!Number.isFinite(threshold)) return
      lo[element] = Math.min(lo[element]!, threshold)
      hi[element] = Math.max(hi[element]!, threshold)
    })
  }
  if (!found) return undefined
  const ends = lo.map((least, i) => widen(least, hi[i]!))
  return { lo: ends.map(([from]) => from!), hi: ends.map(([, to]) => to!) }
}

function widen(least: number, greatest: number): [number, number] {
  if (!(least <= greatest)) return [DEFAULT_DOMAIN.lo, DEFAULT_DOMAIN.hi]
  const margin = least < greatest ? (greatest - least) / 2 : Math.abs(least) / 2 || 1
  const from = least - margin
  return [least >= 0 ? Math.max(0, from) : from, greatest + margin]
}

/**
 * Noise alone would average out in wide layers: every second sample is smooth, and every third mostly at the lower end,
 * so that ranges come out as wide as those of real data.
 */
function draw(
  random: Random,
  { lo, hi }: DeclaredDomain,
  whole: boolean,
  size: number,
  sample: number,
): Float64Array {
  const smooth = sample % 2 === 1
  const sparse = sample % 3 === 2
  const [phase, step] = [random.unit(), random.unit() / Math.sqrt(size)]
  return Float64Array.from({ length: size }, (_, i) => {
    const noise = random.unit()
    const wave = smooth ? 0.5 + 0.5 * sin(2 * Math.PI * (phase + step * i)) : noise
    const share = sparse && noise < 0.7 ? 0 : wave
    const [from, to] = [endOf(lo, i), endOf(hi, i)]
    const value = from + share * (to - from)
    return whole ? Math.min(Math.round(value), Math.floor(to)) : value
  })
}

function endOf(end: number | readonly number[], element: number): number {
  return typeof end === 'number' ? end : end.length === 1 ? end[0]! : end[element]!
}

function hullOf({ lo, hi }: DeclaredDomain): { lo: number; hi: number } {
  return { lo: Math.min(...[lo].flat()), hi: Math.max(...[hi].flat()) }
}
