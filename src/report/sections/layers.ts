/** The graph, layer by layer: shapes, the integers that each can reach, and what each costs. */
import type { Manifest } from '../../artifacts/manifest.js'
import { type Cost, costChart, MOST_BARS } from '../charts.js'
import { drawGraph, MOST_DRAWN } from '../drawing.js'
import type { ReportFacts } from '../facts.js'
import { type Group, groupLayers } from '../groups.js'
import { type Html, html } from '../html.js'
import { count, counted, operatorText, percent, shapeText } from '../words.js'
import { type Section, table } from './parts.js'

/** Pixels of a drawing that leaves room for a plot beside it. */
const MOST_BESIDE = 340

/** Rows of the table that are shown at once. */
const SHOWN = 24

export function layersSection({ manifest, wiring }: ReportFacts): Section {
  const { circuit, layers } = manifest
  const drawn = wiring && drawGraph(manifest, groupLayers(layers, wiring, MOST_DRAWN / 2))
  const { groups } = groupLayers(layers, wiring, MOST_BARS)
  const costs = costsOf(manifest, groups)
  const widest = Math.max(0, ...layers.map(({ bits }) => bits))
  return {
    id: 'layers',
    title: 'The model, layer by layer',
    body: html`<p>${counted(layers.length, 'layer')}, ${counted(circuit.constraints, 'constraint')}, ${counted(circuit.wires, 'wire')}; keys need powers of tau of 2<sup>${circuit.power}</sup>. ${WEIGHTS[manifest.model.weights]} No value has more than ${widest} bits, proven by interval arithmetic from the declared domain of the inputs; the limit is 52.${lookupsText(circuit)}</p>
<div class="${drawn !== undefined && drawn.width <= MOST_BESIDE ? 'beside' : ''}">${drawn === undefined ? undrawn(wiring === undefined, layers.length) : html`<div class="scroll drawing" role="region" tabindex="0" aria-label="The graph of layers">${drawn.svg}</div>`}<div>${costChart(costs, circuit.constraints, groups.length < layers.length)}</div></div>
${layerTable(manifest)}`,
  }
}

const WEIGHTS: Readonly<Record<Manifest['model']['weights'], string>> = {
  fixed: 'Linear layers with constant weights cost nothing: they are linear combinations.',
  committed: 'The weights are secret: each product with one costs a constraint, and so do their bits.',
}

function lookupsText({ lookups }: Manifest['circuit']): string {
  if (lookups === undefined) return ''
  return ` ${counted(lookups.lookups, 'lookup')} in ${counted(lookups.tables, 'table')} of ${count(lookups.entries)} entries take the place of bits (proof system groth16-lookup).`
}

function undrawn(noProgram: boolean, layers: number): Html {
  return noProgram
    ? html`<p class="note">The graph is not drawn: this folder does not hold the program (quantized.json), which says what reads what.</p>`
    : html`<p class="note">The graph is not drawn: ${layers} layers are more than the ${MOST_DRAWN} that can be read in a picture. The table has them all.</p>`
}

/** What is checked before the layers, and after them. */
function costsOf({ circuit }: Manifest, groups: readonly Group[]): Cost[] {
  return [
    { name: '(inputs)', constraints: circuit.inputConstraints },
    ...(circuit.weightConstraints === undefined
      ? []
      : [{ name: '(weights)', constraints: circuit.weightConstraints }]),
    ...groups.map(({ name, constraints }) => ({ name, constraints })),
    ...(circuit.lookups === undefined
      ? []
      : [{ name: '(tables)', constraints: circuit.lookups.tableConstraints }]),
    { name: '(statement)', constraints: circuit.statementConstraints },
  ]
}

function layerTable({ layers, circuit }: Manifest): Html {
  const heads = [
    { title: 'layer' },
    { title: 'operator' },
    { title: 'shape' },
    { title: 'constraints', numbers: true },
    { title: 'share', numbers: true },
    { title: 'bits', numbers: true },
    { title: 'integers from', numbers: true },
    { title: 'to', numbers: true },
  ]
  const rows = layers.map(({ name, source, shape, lo, hi, bits, constraints }) => [
    ...[name, operatorText(source), shapeText(shape), count(constraints)],
    constraints === 0 ? '' : percent(constraints / circuit.constraints),
    ...[bits, count(lo), count(hi)],
  ])
  const first = table('Layers', heads, rows.slice(0, SHOWN))
  if (rows.length <= SHOWN) return first
  const rest = table('More layers', heads, rows.slice(SHOWN))
  return html`${first}<details><summary>${counted(rows.length - SHOWN, 'more layer')}</summary>${rest}</details>`
}
