/**
 * Scan (from opset 9 on): the body written out for each slice of the scanned inputs. States go from round to round; what
 * each round gives beside them is stacked.
 */
import { graph, int, ints } from '../attributes.js'
import type { Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireInputs, resolveAxis } from '../node.js'
import { checkRounds, sliceAt, stack } from '../unroll.js'

export function lower(node: OpNode): Value[] {
  const { attributes } = node
  const inputs = requireInputs(node)
  const scanned = int(attributes, 'num_scan_inputs', 0)
  const body = graph(attributes, 'body')
  const states = inputs.length - scanned
  if (!(scanned >= 1) || states < 0 || body.input.length !== inputs.length)
    throw new InvalidNodeError(node, `it scans ${scanned} of ${inputs.length} inputs`)
  const sequences = inputs.slice(states)
  const axes = sequences.map((value, at) =>
    resolveAxis(node, ints(attributes, 'scan_input_axes')?.[at] ?? 0, value.shape.length),
  )
  const rounds = sequences[0]!.shape[axes[0]!]!
  if (sequences.some(({ shape }, at) => shape[axes[at]!] !== rounds))
    throw new InvalidNodeError(node, 'the inputs that it scans differ in length')
  checkRounds(node, rounds)
  const isBackward = (name: string, at: number) => ints(attributes, name)?.[at] === 1
  let state: readonly Value[] = inputs.slice(0, states)
  const made: (readonly Value[])[] = []
  for (let round = 0; round < rounds; round++) {
    const slices = sequences.map((value, at) => {
      const place = isBackward('scan_input_directions', at) ? rounds - 1 - round : round
      return sliceAt(node, value, axes[at]!, place)
    })
    const results = node.lowerBody(body, [...state, ...slices])
    state = results.slice(0, states)
    made.push(results.slice(states))
  }
  const outputs = made[0]!.map((first, at) => {
    const slices = made.map((results) => results[at]!)
    const axis = resolveAxis(node, ints(attributes, 'scan_output_axes')?.[at] ?? 0, first.shape.length + 1)
    return stack(node, isBackward('scan_output_directions', at) ? slices.reverse() : slices, axis)
  })
  return [...state, ...outputs]
}
