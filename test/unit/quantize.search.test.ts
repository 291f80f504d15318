/** The search over a model that is a formula: so much noise and so much cost for each bit of each layer. */
import { describe, expect, test } from 'vitest'
import { type Bits, DEFAULT_BITS } from '../../src/quantize/scheme.js'
import {
  adjusted,
  cheapest,
  frontierOf,
  type Knob,
  nearest,
  search,
  type Trial,
} from '../../src/quantize/search.js'

type Layer = { readonly name: string; readonly cost: number; readonly noise: number }

/** A net as the theory has it: constraints are linear in the bits of each layer, noise falls by 4 with each. */
function netOf(layers: readonly Layer[], allowed: number) {
  const tried: Bits[] = []
  const evaluate = (bits: Bits): Trial => {
    tried.push(bits)
    const width = ({ name }: Layer) => bits.weight + (bits.layers?.[name]?.weight ?? 0)
    const noise = layers.reduce((sum, layer) => sum + layer.noise * 4 ** (8 - width(layer)), 0)
    const constraints = layers.reduce((sum, layer) => sum + layer.cost * width(layer), 1000)
    return { bits, constraints, noise, miss: noise / allowed }
  }
  const knobs: Knob[] = layers.map(({ name }) => ({ layer: name, what: 'weight' }))
  return { evaluate, knobs, tried }
}

const LAYERS = [
  { name: 'wide', cost: 4000, noise: 1 },
  { name: 'middle', cost: 500, noise: 1 },
  { name: 'small', cost: 20, noise: 1 },
]
const space = { start: DEFAULT_BITS, mayNarrow: true, trials: 60 }

/** The least cost of all ways that keep to the target, by trying each. */
function optimum(layers: readonly Layer[], allowed: number): number {
  const { evaluate } = netOf(layers, allowed)
  let best = Infinity
  const widths = [-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4]
  for (const a of widths) {
    for (const b of widths) {
      for (const c of widths) {
        const layersNow = { wide: { weight: a }, middle: { weight: b }, small: { weight: c } }
        const { constraints, miss } = evaluate({ ...DEFAULT_BITS, layers: layersNow })
        if (miss <= 1) best = Math.min(best, constraints)
      }
    }
  }
  return best
}

describe('the search', () => {
  test.each([3, 10, 40, 100, 700])('comes within 3 % of the cheapest bits (noise up to %d)', (allowed) => {
    const { evaluate, knobs } = netOf(LAYERS, allowed)
    const found = cheapest(search(evaluate, { ...space, knobs }))!
    expect(found.miss).toBeLessThanOrEqual(1)
    expect(found.constraints).toBeLessThanOrEqual(1.03 * optimum(LAYERS, allowed))
  })

  test('takes bits from the layer that many pay for, and gives them to the one that few do', () => {
    const { evaluate, knobs } = netOf(LAYERS, 100)
    const { bits } = cheapest(search(evaluate, { ...space, knobs }))!
    const own = (name: string) => bits.layers?.[name]?.weight ?? 0
    expect(own('wide')).toBeLessThan(own('middle'))
    expect(own('middle')).toBeLessThan(own('small'))
  })

  test.each([
    [0.25, true],
    [0.9, false],
    [2, false],
  ])('keeps scales for channels where they pay (noise times %d: %s)', (factor, kept) => {
    const { evaluate, knobs } = netOf(LAYERS, 40)
    const trials = search(
      (bits) => {
        const { noise, ...trial } = evaluate(bits)
        const made = bits.channels ? factor * noise! : noise!
        return { ...trial, noise: made, miss: made / 40 }
      },
      { ...space, knobs },
    )
    expect(cheapest(trials)!.bits.channels === true).toBe(kept)
    expect(trials.some(({ bits }) => bits.channels)).toBe(true)
  })

  test('goes up where the usual bits do not suffice, and stops at the first that do', () => {
    const { evaluate, knobs } = netOf(LAYERS, 3 / 4 ** 3)
    const trials = search(evaluate, { ...space, mayNarrow: false, knobs })
    expect(trials.map(({ bits }) => bits.weight)).toEqual([8, 9, 10, 11])
    expect(cheapest(trials)!.bits).toMatchObject({ activation: 11, weight: 11, input: 11 })
  })

  test('never goes below the usual bits where samples are too few', () => {
    const { evaluate, knobs } = netOf(LAYERS, 1e6)
    const trials = search(evaluate, { ...space, mayNarrow: false, knobs })
    expect(trials.map(({ bits }) => bits)).toEqual([DEFAULT_BITS])
  })

  test('gives up at the widest bits, and names the nearest', () => {
    const { evaluate, knobs } = netOf(LAYERS, 1e-9)
    const trials = search(evaluate, { ...space, knobs })
    expect(cheapest(trials)).toBeUndefined()
    expect(nearest(trials)!.bits.weight).toBe(16)
  })

  test('passes over bits with which there is no model', () => {
    const { evaluate, knobs } = netOf(LAYERS, 10)
    const trials = search((bits) => (bits.weight === 8 ? undefined : evaluate(bits)), { ...space, knobs })
    expect(cheapest(trials)!.miss).toBeLessThanOrEqual(1)
    expect(search(() => undefined, { ...space, knobs })).toEqual([])
  })

  test('tries nothing twice, no more than it may, and the same each time', () => {
    for (const trials of [5, 12, 60]) {
      const [first, second] = [netOf(LAYERS, 40), netOf(LAYERS, 40)]
      const found = search(first.evaluate, { ...space, trials, knobs: first.knobs })
      expect(new Set(first.tried.map((bits) => JSON.stringify(bits))).size).toBe(first.tried.length)
      expect(first.tried.length).toBeLessThanOrEqual(trials)
      expect(search(second.evaluate, { ...space, trials, knobs: second.knobs })).toEqual(found)
    }
  })
})

describe('trials', () => {
  const trial = (constraints: number, miss: number, noise = 1): Trial => ({
    bits: DEFAULT_BITS,
    constraints,
    miss,
    noise,
  })

  test('the frontier holds what nothing beats in both, cheapest first', () => {
    const [a, b, c] = [trial(10, 3), trial(20, 2), trial(30, 1)]
    expect(frontierOf([c, trial(25, 2.5), a, trial(30, 2), b, trial(40, 1)])).toEqual([a, b, c])
  })

  test('savings of less than a hundredth are not worth any faithfulness', () => {
    const [cheap, faithful, dear] = [trial(1000, 0.9), trial(1005, 0.1), trial(1100, 0)]
    expect(cheapest([dear, cheap, faithful])).toBe(faithful)
    expect(cheapest([dear, cheap, trial(990, 1.1)])).toBe(cheap)
  })

  test('bits have one form, whichever way they were come to', () => {
    const [a, b]: Knob[] = [
      { layer: 'a', what: 'weight' },
      { layer: 'b', what: 'activation' },
    ]
    const once = adjusted(adjusted(DEFAULT_BITS, [[b!, 1]]), [[a!, -1]])
    expect(JSON.stringify(adjusted(adjusted(DEFAULT_BITS, [[a!, -1]]), [[b!, 1]]))).toBe(JSON.stringify(once))
    expect(
      adjusted(once, [
        [a!, 1],
        [b!, -1],
      ]),
    ).toEqual(DEFAULT_BITS)
  })
})
