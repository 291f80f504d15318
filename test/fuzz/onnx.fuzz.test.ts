/** Damaged model files: each is either imported or refused with one of our errors, and none takes long. */
import { expect, test } from 'vitest'
import { BaseError } from '../../src/base/errors.js'
import { decodeModel, encodeModel } from '../../src/onnx/decode.js'
import { pinDimensions } from '../../src/onnx/dims.js'
import { importGraph } from '../../src/onnx/import.js'
import { fold } from '../../src/onnx/ort.js'
import type { Random } from '../helpers/onnx-draw.js'
import { buildBytes, seeded } from '../helpers/onnx-model.js'
import { DRAWS } from '../helpers/onnx-random.js'

const SEED = Number(process.env.ZKONNX_SEED ?? 7)
const ROUNDS = Number(process.env.ZKONNX_ROUNDS ?? 15)

function damage(random: Random, bytes: Uint8Array): Uint8Array {
  if (random() < 0.2) return bytes.slice(0, Math.floor(random() * bytes.length))
  const damaged = bytes.slice()
  const count = 1 + Math.floor(4 * random())
  for (let i = 0; i < count; i++) damaged[Math.floor(random() * damaged.length)] = Math.floor(256 * random())
  return damaged
}

async function outcomeOf(steps: () => unknown): Promise<'imported' | 'refused'> {
  try {
    await steps()
    return 'imported'
  } catch (error) {
    if (!(error instanceof BaseError) || error.fault !== 'input') throw error
    return 'refused'
  }
}

test(`the import of damaged files raises typed errors only (seed ${SEED})`, async () => {
  const random = seeded(SEED)
  const counts = { imported: 0, refused: 0 }
  for (const draw of Object.values(DRAWS)) {
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = damage(random, buildBytes(draw(random)))
      const outcome = await outcomeOf(() => {
        const model = decodeModel(bytes)
        pinDimensions(model)
        importGraph(model)
      })
      counts[outcome]++
    }
  }
  expect(counts.imported).toBeGreaterThan(0)
  expect(counts.refused).toBeGreaterThan(0)
})

test(`so does folding them first (seed ${SEED})`, async () => {
  const random = seeded(SEED + 1)
  const counts = { imported: 0, refused: 0 }
  for (const draw of Object.values(DRAWS)) {
    for (let round = 0; round < ROUNDS / 3; round++) {
      const bytes = damage(random, buildBytes(draw(random)))
      const outcome = await outcomeOf(async () => {
        const model = decodeModel(bytes)
        pinDimensions(model)
        importGraph(decodeModel(await fold(encodeModel(model))))
      })
      counts[outcome]++
    }
  }
  expect(counts.imported).toBeGreaterThan(0)
  expect(counts.refused).toBeGreaterThan(0)
})
