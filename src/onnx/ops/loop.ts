/**
 * Loop with a constant number of rounds: the body written out. A condition that goes on or ends as the inputs have it is
 * refused; one that is known ends the loop where it says so.
 */
import { graph } from '../attributes.js'
import { constant, type Value } from '../builder.js'
import { InvalidNodeError, isConstant, type OpNode, requireInput } from '../node.js'
import { checkRounds, stack } from '../unroll.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(node: OpNode): Value[] {
  const body = graph(node.attributes, 'body')
  const carried = node.inputs.slice(2).map((_, at) => requireInput(node, at + 2))
  if (body.input.length !== carried.length + 2 || body.output.length < carried.length + 1)
    throw new InvalidNodeError(node, `its body does not take ${carried.length} values from round to round`)
  const limit = roundsOf(node)
  let goesOn = node.inputs[1] ?? constant([], Float64Array.of(1), 'bool')
  let state: readonly Value[] = carried
  const made: (readonly Value[])[] = []
  while (made.length < limit && isTrue(goesOn)) {
    checkRounds(node, made.length + 1)
    const [next, ...results] = node.lowerBody(body, [round(made.length), goesOn, ...state])
    goesOn = next!
    state = results.slice(0, carried.length)
    made.push(results.slice(carried.length))
  }
  if (made.length === 0 && body.output.length > carried.length + 1)
    throw new InvalidNodeError(node, 'it goes no round, and gives nothing to stack')
  const outputs = (made[0] ?? []).map((_, at) =>
    stack(
      node,
      made.map((results) => results[at]!),
      0,
    ),
  )
  return [...state, ...outputs]
}

function roundsOf({ inputs }: OpNode): number {
  const given = inputs[0]
  if (given === undefined) return Infinity
  if (isConstant(given)) return given.data[0] ?? 0
  throw new UnsupportedNodeError('its number of rounds is computed', 'make the number of rounds constant')
}

function isTrue(condition: Value): boolean {
  if (isConstant(condition)) return condition.data[0] !== 0
  throw new UnsupportedNodeError(
    'whether it goes on is computed from the inputs',
    'let it go a fixed number of rounds',
  )
}

function round(at: number): Value {
  return constant([], Float64Array.of(at), 'int64')
}
