/** The equation of an Einsum: one label an axis. An ellipsis stands for the axes that have none, aligned at their end. */
import type { Shape } from '../base/tensor.js'
import { InvalidNodeError, type OpNode } from './node.js'

export type Subscripts = {
  readonly inputs: readonly (readonly string[])[]
  readonly output: readonly string[]
}

/**
 * Labels written out, with "0", "1", ... counted from the end for the axes of ellipses. Without an arrow the output has
 * the ellipsis and all labels that occur once, sorted. Throws `InvalidNodeError` where equation and shapes do not meet.
 */
export function expandEllipsis(node: OpNode, equation: string, shapes: readonly Shape[]): Subscripts {
  const [left, right] = equation.replaceAll(/\s/g, '').split('->') as [string, string | undefined]
  const terms = left.split(',')
  const invalid = () => new InvalidNodeError(node, `"${equation}" does not fit its ${shapes.length} inputs`)
  if (terms.length !== shapes.length) throw invalid()
  const inputs = terms.map((term, at) => {
    const named = term.replace('...', '')
    const hidden = shapes[at]!.length - named.length
    if (!/^[A-Za-z]*$/.test(named) || hidden < 0 || (hidden > 0 && named === term)) throw invalid()
    return spell(term, hidden)
  })
  const most = Math.max(...inputs.map((labels) => labels.filter(isHidden).length))
  const output = right === undefined ? implied(inputs, most) : spell(right, most)
  const known = new Set(inputs.flat())
  if (new Set(output).size < output.length || output.some((label) => !known.has(label))) throw invalid()
  return { inputs, output }
}

function spell(term: string, hidden: number): string[] {
  const [before, after] = term.split('...') as [string, string | undefined]
  return after === undefined ? [...before] : [...before, ...hiddenLabels(hidden), ...after]
}

function hiddenLabels(count: number): string[] {
  return Array.from({ length: count }, (_, at) => String(count - 1 - at))
}

function isHidden(label: string): boolean {
  return /^\d+$/.test(label)
}

function implied(inputs: readonly (readonly string[])[], hidden: number): string[] {
  const all = inputs.flat().filter((label) => !isHidden(label))
  const once = all.filter((label) => all.filter((other) => other === label).length === 1)
  return [...hiddenLabels(hidden), ...once.sort()]
}
