/** What the quantizer takes a comparison for, against what the counter counts. */
import { expect, test } from 'vitest'
import { compareCost, signedBits } from '../../src/quantize/cost.js'
import { clampCase, countGadget, type GadgetCase, maxCase } from '../helpers/gadgets.js'
import { Random } from '../helpers/random.js'

const SEED = 41

test('a comparison costs what the quantizer weighs it with, within a quarter, from five bits on', () => {
  const random = new Random(SEED)
  for (let round = 0; round < 300; round++) {
    const size = () => random.int(16, 2 ** random.int(5, 30))
    const [lo, hi] = [-size(), size()]
    const sides: GadgetCase[] = [clampCase([lo, hi], 0, Infinity), clampCase([lo, hi], -Infinity, 0)]
    for (const gadget of [...sides, maxCase([lo, hi], [0, 0])]) {
      // one constraint names the output
      const counted = countGadget(gadget).constraints - 1
      const ratio = compareCost(signedBits(lo, hi)) / counted
      expect(Math.abs(ratio - 1), `${gadget.name}, seed ${SEED}`).toBeLessThanOrEqual(0.25)
    }
  }
})
