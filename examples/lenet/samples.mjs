/**
 * node samples.mjs FOLDER: calibration.npz and heldout.npz, here, from the files of MNIST's test set in the folder.
 *
 * Of its 10,000 images the net was trained on the first 9,000. 300 of these calibrate, 200 of the others judge.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { saveNpz } from 'zkonnx'

const PARTS = { calibration: [0, 300], heldout: [9000, 200] }
const PIXELS = 28 * 28

const folder = process.argv[2] ?? '.'
const images = read('t10k-images-idx3-ubyte.gz', 0x803, 16)
const labels = read('t10k-labels-idx1-ubyte.gz', 0x801, 8)
for (const [name, [from, count]] of Object.entries(PARTS)) {
  const pixels = Float64Array.from(images.subarray(from * PIXELS, (from + count) * PIXELS), (p) => p / 255)
  await saveNpz(`${name}.npz`, {
    x: { shape: [count, 1, 28, 28], data: pixels },
    y: { shape: [count], data: Float64Array.from(labels.subarray(from, from + count)) },
  })
}

/** The values of an IDX file: a magic number and extents come first, big-endian. */
function read(name, magic, head) {
  const bytes = gunzipSync(readFileSync(join(folder, name)))
  if (bytes.readUInt32BE(0) !== magic || bytes.readUInt32BE(4) !== 10_000)
    throw new Error(`${name} is not MNIST's file of that name`)
  return bytes.subarray(head)
}
