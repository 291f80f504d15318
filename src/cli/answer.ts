/** A model's answer in a few characters: the class where there are scores or a label, else the numbers. */
import type { Prediction } from '../workers/messages.js'

/** The float model's answer and the integer model's, of the first proven output. */
export function answerOf({ float, integer }: Pick<Prediction, 'float' | 'integer'>): [string, string] {
  const proven = integer[0]
  if (proven === undefined) return ['', '']
  const compared = float.find(({ name }) => name === proven.name)
  return [short(compared?.values ?? []), short(proven.values)]
}

export function short(values: readonly number[]): string {
  if (values.length === 1) return Number(values[0]!.toPrecision(5)).toString()
  return values.length === 0 ? '' : `class ${placeOfLargest(values)}`
}

export function placeOfLargest(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0)
}
