/** NumPy's `.npz` archives (one `.npy` an array) and single `.npy` files as samples, and their writing. */
import { unravel } from '../../base/tensor.js'
import { writeAtomic } from '../store.js'
import { decodeNpy, encodeNpy } from './npy.js'
import { LABEL_NAMES, type NumericArray, type Samples, type Source } from './source.js'
import { readZip, writeZip } from './zip.js'

/** Samples of an archive: `x` or one array an input, labels in `y`. Throws `Zip.FormatError`. */
export function samplesFromNpz(bytes: Uint8Array, file: string): Samples {
  const named = new Map<string, Source>()
  for (const entry of readZip(bytes, file)) {
    const name = entry.name.replace(/\.npy$/, '')
    named.set(
      name,
      arraySource(`${file}, array "${name}"`, () => entry.read()),
    )
  }
  const labels = LABEL_NAMES.find((name) => named.has(name))
  return { file, named, positional: [], endToEnd: false, labels }
}

/** Samples of a single array, for models with one input. */
export function samplesFromNpy(bytes: Uint8Array, file: string): Samples {
  const positional = [arraySource(file, () => bytes)]
  return { file, named: new Map(), positional, endToEnd: false, labels: undefined }
}

/** An archive of the arrays as float64, in their order. Equal arrays give equal bytes. */
export function encodeNpz(arrays: Readonly<Record<string, NumericArray>>): Uint8Array {
  const files = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, encodeNpy(array)])
  return writeZip(Object.fromEntries(files))
}

/** Writes samples, or any arrays, as NumPy's `savez` does, in float64: whole or not at all. Throws `Store.WriteError`. */
export async function saveNpz(path: string, arrays: Readonly<Record<string, NumericArray>>): Promise<void> {
  await writeAtomic(path, encodeNpz(arrays))
}

function arraySource(label: string, bytes: () => Uint8Array): Source {
  let decoded: NumericArray | undefined
  const read = () => {
    decoded ??= decodeNpy(bytes(), label)
    return decoded
  }
  return { label, read, where: (offset) => `index [${unravel(offset, read().shape).join(', ')}]` }
}
