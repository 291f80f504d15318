/**
 * The names of a model's classes, where its file tells them: as the keys of its ZipMap, as the string labels of its
 * classifier, or in its metadata, where exporters put them under several names: a list in JSON, a table from place to name
 * (in JSON, or as Python writes it), or names between commas or lines.
 */
import type { Model } from './decode.js'
import type { NodeProto } from './gen/onnx_pb.js'

/** In the order of the model's scores; undefined where the file tells none, or several that differ. Edits nothing. */
export function classNames(model: Model): string[] | undefined {
  const told = model.graph.node.flatMap((node) => {
    const names = labelsOf(node)
    return names === undefined ? [] : [names]
  })
  const [first, ...others] = told
  if (first !== undefined) return others.every((names) => String(names) === String(first)) ? first : undefined
  for (const { key, value } of model.metadataProps) {
    const names = KEYS.includes(key.toLowerCase()) ? namesIn(value) : undefined
    if (names !== undefined) return names
  }
  return undefined
}

const KEYS = ['names', 'class_names', 'classes', 'labels', 'id2label', 'classnames']

/** Integer labels are their own names, and no places: a note says them. */
function labelsOf({ domain, attribute }: NodeProto): string[] | undefined {
  if (domain !== 'ai.onnx.ml') return undefined
  const found = attribute.find(({ name }) => name === 'classlabels_strings')
  const names = found?.strings.map((text) => Buffer.from(text).toString('utf8')) ?? []
  return usable(names)
}

/** What a text of metadata lists. */
export function namesIn(text: string): string[] | undefined {
  const trimmed = text.trim()
  if (!/^[[{]/.test(trimmed)) return usable(trimmed.split(/[\r\n]+|,/).map((name) => name.trim()))
  const value = parsed(trimmed) ?? parsed(asJson(trimmed))
  if (Array.isArray(value)) return usable(value)
  return typeof value === 'object' && value !== null
    ? usable(byPlace(value as Record<string, unknown>))
    : undefined
}

/** `{"0": "cat", "1": "dog"}`: none where a place is missing. */
function byPlace(table: Record<string, unknown>): unknown[] {
  const count = Object.keys(table).length
  return Array.from({ length: count }, (_, place) => table[String(place)])
}

/** Python's form: numbers as keys, texts between single quotes. One with quotes inside stays unread. */
function asJson(text: string): string {
  return text.replace(/'([^'"\\]*)'/g, '"$1"').replace(/([{,]\s*)(\d+)\s*:/g, '$1"$2":')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Two or more texts, none empty, no two the same. */
function usable(names: readonly unknown[]): string[] | undefined {
  const texts = names.filter((name): name is string => typeof name === 'string' && name !== '')
  const distinct = new Set(texts).size === names.length && texts.length === names.length
  return distinct && names.length >= 2 ? texts : undefined
}
