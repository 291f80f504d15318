/**
 * Cost and identity of gadgets and small models: a change that nobody meant shows here, one that was meant is reviewed
 * as a difference of `circuits.json`, which `npm run pin` rewrites. A gadget's count includes one constraint for each of
 * its outputs, which the circuit around it names.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import writeFileAtomic from 'write-file-atomic'
import { encode, type R1cs } from '../../src/artifacts/iden3/r1cs.js'
import { encode as encodeLookups, type LookupLayout } from '../../src/artifacts/lookups.js'
import { sha256 } from '../../src/base/digest.js'
import { build } from '../../src/circuit/circuit.js'
import type { LookupChoice } from '../../src/circuit/cs/chunks.js'
import { draft } from '../../src/circuit/synthesize.js'
import {
  argmaxCase,
  atLeastCase,
  buildGadget,
  clampCase,
  commitCase,
  decomposeCase,
  domainRankCase,
  intervalCase,
  leaderCase,
  marginCase,
  maxCase,
  packCase,
  poseidonCase,
  rankCase,
  rescaleCase,
  rescaleReluCase,
  roundEvenCase,
  type Span,
  signCase,
} from '../helpers/gadgets.js'
import { randomModel } from '../helpers/integer-models.js'
import { OPERATORS } from '../helpers/operator-models.js'
import { Random } from '../helpers/random.js'

type Pin = {
  readonly constraints: number
  readonly wires: number
  /** Entries of the three matrices together. */
  readonly nonZeros: number
  readonly digest: string
  /** Of circuits with lookups, of what stands beside the constraints. */
  readonly lookups?: string
}

const FILE = fileURLToPath(new URL('circuits.json', import.meta.url))
const BYTE: Span = [-128, 127]
const ACCUMULATOR: Span = [-(2 ** 19), 2 ** 19 - 1]

const GADGETS = [
  decomposeCase([8], BYTE),
  intervalCase(-128, 127, BYTE),
  intervalCase(0, 16, [0, 16]),
  intervalCase(-1000, 99000, [-1000, 99000]),
  signCase(...ACCUMULATOR),
  rescaleCase(ACCUMULATOR, 10),
  rescaleReluCase(ACCUMULATOR, 10),
  roundEvenCase(ACCUMULATOR, 10),
  maxCase(ACCUMULATOR, ACCUMULATOR),
  maxCase(...new Array<Span>(4).fill(ACCUMULATOR)),
  argmaxCase(...new Array<Span>(10).fill(ACCUMULATOR)),
  leaderCase(...new Array<Span>(10).fill(ACCUMULATOR)),
  atLeastCase(...ACCUMULATOR, ACCUMULATOR),
  marginCase(10, ACCUMULATOR, ACCUMULATOR),
  ...[1, 2, 16].map((count) => poseidonCase(...new Array<Span>(count).fill(BYTE))),
  commitCase({ kind: 'input', width: 8, count: 784, lo: 0, salted: true }, BYTE, [0, 255]),
  clampCase(ACCUMULATOR, -128, 127),
  domainRankCase(...ACCUMULATOR, [-(2 ** 18), -5, 0, 1, 2 ** 17], ACCUMULATOR),
  rankCase(ACCUMULATOR, [-(2 ** 18), -(2 ** 12), 0, 2 ** 12, 2 ** 13]),
  packCase(...new Array<Span>(40).fill(BYTE)),
]

test('gadgets and models cost and are what they were', async () => {
  const pins = Object.fromEntries([...gadgetPins(), ...modelPins()])
  if (process.env.ZKONNX_PIN) await writeFileAtomic(FILE, `${JSON.stringify(pins, undefined, 2)}\n`)
  expect(pins).toEqual(JSON.parse(readFileSync(FILE, 'utf8')))
})

/** Tables as a net of 8 bits might have them. */
const TABLES: LookupChoice = { ranges: [8, 10], intervals: [], entryWorth: Infinity }

function gadgetPins(): [string, Pin][] {
  const withLookups = GADGETS.map((gadget): [string, Pin] => {
    const { r1cs, layout } = buildGadget(gadget, TABLES)
    return [`${gadget.name}, with lookups`, pinOf(r1cs, layout)]
  })
  return [
    ...GADGETS.map((gadget): [string, Pin] => [gadget.name, pinOf(buildGadget(gadget).r1cs)]),
    ...withLookups,
  ]
}

function modelPins(): [string, Pin][] {
  const models = [
    ...OPERATORS,
    ...[1, 2, 3].map((seed) => ({ name: `random model ${seed}`, model: randomModel(new Random(seed)) })),
  ]
  const withLookups = models.map(({ name, model }): [string, Pin] => {
    const { r1cs, lookups } = build(draft(model, {}, 'groth16-lookup'))
    return [`${name}, with lookups`, pinOf(r1cs, lookups)]
  })
  const inBits = models.flatMap(({ name, model }) =>
    (['public', 'hashed', 'private'] as const).map((visibility): [string, Pin] => [
      `${name}, ${visibility} inputs`,
      pinOf(build(draft(model, { inputs: visibility })).r1cs),
    ]),
  )
  return [...inBits, ...withLookups]
}

function pinOf(r1cs: R1cs, layout?: LookupLayout): Pin {
  const { constraints, wires, a, b, c } = r1cs
  const nonZeros = a.wire.length + b.wire.length + c.wire.length
  const pin = { constraints, wires, nonZeros, digest: sha256(encode(r1cs)) }
  return layout === undefined ? pin : { ...pin, lookups: sha256(encodeLookups(layout)) }
}
