/** A model's answer in a few characters: the class where there are scores or a label, else the numbers. */
import type { Manifest } from '../artifacts/manifest.js'
import type { Prediction } from '../workers/messages.js'
import { vector } from './output.js'

type Meaning = Manifest['outputs'][number]['meaning']

/** The float model's answer and the integer model's, of the first proven output. */
export function answerOf(
  { float, integer }: Pick<Prediction, 'float' | 'integer'>,
  { outputs, classes }: Pick<Manifest, 'outputs' | 'classes'>,
): [string, string] {
  const proven = integer[0]
  if (proven === undefined) return ['', '']
  const compared = float.find(({ name }) => name === proven.name)
  const meaning = outputs.find(({ name }) => name === proven.name)?.meaning ?? 'values'
  return [short(compared?.values ?? [], meaning, classes), short(proven.values, meaning, classes)]
}

function short(values: readonly number[], meaning: Meaning, classes: Manifest['classes']): string {
  if (values.length === 0) return ''
  if (meaning === 'scores' && values.length > 1) return className(placeOfLargest(values), classes)
  if (meaning === 'label' && values.length === 1) return className(values[0]!, classes)
  return vector(values.map((value) => Number(value.toPrecision(5))))
}

/** `class 3`, with its name where it has one. */
export function className(place: number, classes: Manifest['classes']): string {
  const name = classes?.[place]
  return name === undefined ? `class ${place}` : `class ${place} (${name})`
}

export function placeOfLargest(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0)
}
