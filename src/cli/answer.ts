/** A model's answer in a few characters: the class where there are scores or a label, else the numbers. */
import type { Manifest } from '../artifacts/manifest.js'
import type { Prediction } from '../workers/messages.js'
import { vector } from './output.js'

type Meaning = Manifest['outputs'][number]['meaning']

/** The float model's answer and the integer model's, of the first proven output. */
export function answerOf(
  { float, integer }: Pick<Prediction, 'float' | 'integer'>,
  { outputs }: Pick<Manifest, 'outputs'>,
): [string, string] {
  const proven = integer[0]
  if (proven === undefined) return ['', '']
  const compared = float.find(({ name }) => name === proven.name)
  const meaning = outputs.find(({ name }) => name === proven.name)?.meaning ?? 'values'
  return [short(compared?.values ?? [], meaning), short(proven.values, meaning)]
}

function short(values: readonly number[], meaning: Meaning): string {
  if (values.length === 0) return ''
  if (meaning === 'scores' && values.length > 1) return `class ${placeOfLargest(values)}`
  if (meaning === 'label' && values.length === 1) return `class ${values[0]}`
  return vector(values.map((value) => Number(value.toPrecision(5))))
}

export function placeOfLargest(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0)
}
