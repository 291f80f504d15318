/** The graph of layers, laid out by dagre (whose one door this is) and drawn as SVG in the page's colours. */

import { graphlib, layout } from '@dagrejs/dagre'
import type { Manifest } from '../artifacts/manifest.js'
import type { Source } from './facts.js'
import type { Groups } from './groups.js'
import { type Html, html } from './html.js'
import { count, operatorText, shapeText } from './words.js'

/** Larger graphs would be drawn too small to read, or too large to see: the table has their layers. */
export const MOST_DRAWN = 60

const CHARACTER = 7.2
const PADDING = 26
const NODE_HEIGHT = 46
const MOST_NAME = 26

type Box = {
  readonly id: string
  readonly name: string
  readonly line: string
  /** Of all constraints; undefined of inputs and outputs. */
  readonly share: number | undefined
  readonly from: readonly string[]
}

type Model = Pick<Manifest, 'inputs' | 'outputs' | 'circuit'>

export type Drawing = { readonly svg: Html; readonly width: number }

/** Undefined where the graph is too large to be drawn. */
export function drawGraph(model: Model, groups: Groups): Drawing | undefined {
  const boxes = boxesOf(model, groups)
  if (boxes.length > MOST_DRAWN) return undefined
  const graph = new graphlib.Graph()
  graph.setGraph({ rankdir: 'TB', nodesep: 22, ranksep: 26, marginx: 2, marginy: 2 })
  for (const box of boxes) graph.setNode(box.id, { width: widthOf(box), height: NODE_HEIGHT })
  for (const { id, from } of boxes) for (const source of new Set(from)) graph.setEdge(source, id, {})
  layout(graph)
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number }
  const ends: readonly { readonly v: string; readonly w: string }[] = graph.edges()
  const edges = ends.map(({ v, w }) => (graph.edge(v, w) as { points: readonly Place[] }).points)
  const svg = html`<svg class="graph" role="img" aria-label="${`The graph: ${boxes.length} boxes from the inputs to the outputs; the table below lists them`}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="var(--faint)"/></marker></defs>${edges.map(drawEdge)}${boxes.map((box) => drawBox(box, graph.node(box.id) as Place))}</svg>`
  return { svg, width }
}

type Place = { readonly x: number; readonly y: number }

function boxesOf({ inputs, outputs, circuit }: Model, { groups, outputs: ends }: Groups): Box[] {
  const idOf = (source: Source) => ('input' in source ? `in ${source.input}` : `layer ${source.layer}`)
  return [
    ...inputs.map(({ name, shape }) => ({
      ...{ id: `in ${name}`, name, line: `input ${shapeText(shape)}` },
      ...{ share: undefined, from: [] },
    })),
    ...groups.map(({ name, source, size, shape, constraints, from }, i) => ({
      ...{ id: `layer ${i}`, name },
      line: [
        `${operatorText(source)} ${shapeText(shape)}`,
        ...(size === 1 ? [] : [`${count(size)} layers`]),
        ...(constraints === 0 ? [] : [count(constraints)]),
      ].join(' · '),
      share: constraints / circuit.constraints,
      from: from.map(idOf),
    })),
    ...outputs.map(({ name, shape }, i) => ({
      ...{ id: `out ${i}`, name, line: `output ${shapeText(shape)}`, share: undefined },
      from: ends.filter((output) => output.name === name).map(({ from }) => idOf(from)),
    })),
  ]
}

function shortName(name: string): string {
  return name.length <= MOST_NAME ? name : `…${name.slice(1 - MOST_NAME)}`
}

function widthOf({ name, line }: Box): number {
  return Math.max(shortName(name).length, line.length) * CHARACTER + PADDING
}

function drawEdge(points: readonly Place[]): Html {
  const path = points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('')
  return html`<path d="${path}" fill="none" stroke="var(--faint)" stroke-width="1.4" marker-end="url(#arrow)"/>`
}

/** The more a layer costs, the fuller its colour. */
function drawBox(box: Box, { x, y }: Place): Html {
  const width = widthOf(box)
  const [left, top] = [(x - width / 2).toFixed(1), (y - NODE_HEIGHT / 2).toFixed(1)]
  const [fill, opacity] =
    box.share === undefined ? ['none', '1'] : ['var(--accent)', (0.07 + 0.4 * box.share).toFixed(3)]
  return html`<g><title>${box.name}</title><rect x="${left}" y="${top}" width="${width.toFixed(1)}" height="${NODE_HEIGHT}" rx="${box.share === undefined ? NODE_HEIGHT / 2 : 6}" fill="${fill}" fill-opacity="${opacity}" stroke="var(--faint)"/><text x="${x.toFixed(1)}" y="${(y - 4).toFixed(1)}" class="name">${shortName(box.name)}</text><text x="${x.toFixed(1)}" y="${(y + 14).toFixed(1)}">${box.line}</text></g>`
}
