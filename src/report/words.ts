/** Numbers and statements as people read them. Runs in the report's page as well: nothing of Node. */
import type { Decoded, DecodedStatement, PredictedClass } from '../verify/decode.js'

/** 12345 as 12,345, whatever the locale. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** `1 proof`, `2 proofs`. */
export function counted(value: number, what: string): string {
  return `${count(value)} ${what}${value === 1 ? '' : 's'}`
}

/** A share: digits that say something. */
export function percent(share: number): string {
  const value = 100 * share
  if (value < 1e-9 || value === 100) return `${Math.round(value)}\u00a0%`
  if (value < 0.01) return 'under 0.01\u00a0%'
  return `${value.toFixed(value < 1 ? 2 : 1)}\u00a0%`
}

export function short(value: number): string {
  return Number(value.toPrecision(4)).toString()
}

export function milliseconds(value: number): string {
  if (value >= 100_000) return `${(value / 60_000).toFixed(1)}\u00a0min`
  if (value >= 1000) return `${(value / 1000).toFixed(1)}\u00a0s`
  return `${value.toFixed(value < 10 ? 1 : 0)}\u00a0ms`
}

/** 1x3x32x32 as people write it. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'one number' : shape.join('×')
}

/** An operator without the domain that it is of. */
export function operatorText(source: string): string {
  return source.replace(/^ai\.onnx\.ml\./, '')
}

export function className({ index, name }: PredictedClass): string {
  return name === undefined ? `class ${index}` : `${name} (class ${index})`
}

/** What a proof says of the outputs, in a line. */
export function saysText({ outputs }: DecodedStatement): string {
  const several = new Set(outputs.map(({ name }) => name)).size > 1
  return outputs
    .map((part) => (several && part.shows !== 'margin' ? `${part.name}: ${partText(part)}` : partText(part)))
    .join('; ')
}

function partText(part: Decoded): string {
  switch (part.shows) {
    case 'class':
      return className(part.class)
    case 'threshold':
      return `at least ${short(part.least)}`
    case 'margin':
      return `it leads by at least ${short(part.least)}`
    case 'commitment':
      return `committed to as ${part.commitment.slice(0, 12)}…`
    case 'values':
      return part.class === undefined ? listText(part.values) : className(part.class)
  }
}

const MOST = 6

function listText(values: readonly number[]): string {
  if (values.length === 1) return short(values[0]!)
  return `[${values.slice(0, MOST).map(short).join(', ')}${values.length > MOST ? ', …' : ''}]`
}
