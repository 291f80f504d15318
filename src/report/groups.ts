/** Layers put together by the ONNX node that they were written out from, where a model has too many to look at one by one. */
import type { Manifest } from '../artifacts/manifest.js'
import type { Source, Wiring } from './facts.js'

type Layers = Manifest['layers']

export type Group = {
  readonly name: string
  readonly source: string
  /** Of the last layer of the group. */
  readonly shape: readonly number[]
  readonly constraints: number
  /** Layers in it. */
  readonly size: number
  /** Places of groups, and names of inputs, that its layers read; not itself. */
  readonly from: readonly Source[]
}

export type Groups = {
  readonly groups: readonly Group[]
  /** Undefined without a wiring. */
  readonly outputs: Wiring['outputs']
}

/**
 * Parts of a layer that stands there as well (`trees.2`, `trees.3` of `trees`) are of its group. Of more than `most` layers
 * all steps of a node are one group, too (`/lstm/LSTM.12/rescale` is one of `/lstm/LSTM`).
 */
export function groupLayers(layers: Layers, wiring: Wiring | undefined, most: number): Groups {
  const names = new Set(layers.map(({ name }) => name))
  const keyOf = ({ name }: Layers[number]) => {
    const node = nodeOf(name)
    return layers.length > most || names.has(node) ? node : name
  }
  const keys = [...new Set(layers.map(keyOf))]
  const placeOf = layers.map((layer) => keys.indexOf(keyOf(layer)))
  const up = (source: Source): Source => ('layer' in source ? { layer: placeOf[source.layer]! } : source)
  const groups = keys.map((name, place): Group => {
    const members = layers.filter((_, i) => placeOf[i] === place)
    const from = layers.flatMap((_, i) => (placeOf[i] === place ? (wiring?.layers[i] ?? []).map(up) : []))
    const last = members.at(-1)!
    return {
      ...{ name, source: commonest(members), shape: last.shape, size: members.length },
      constraints: members.reduce((sum, { constraints }) => sum + constraints, 0),
      from: distinct(from).filter((source) => !('layer' in source && source.layer === place)),
    }
  })
  return { groups, outputs: (wiring?.outputs ?? []).map(({ name, from }) => ({ name, from: up(from) })) }
}

/** Without the number of the step, and what that was lowered to. */
function nodeOf(name: string): string {
  return name.replace(/\.\d+(\/\w+)?$/, '').replace(/(?<=.)\/(rescale|argument)$/, '')
}

function commonest(members: Layers): string {
  const counts = new Map<string, number>()
  for (const { source } of members) counts.set(source, (counts.get(source) ?? 0) + 1)
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0]
}

function distinct(sources: readonly Source[]): Source[] {
  return [...new Map(sources.map((source) => [JSON.stringify(source), source])).values()]
}
