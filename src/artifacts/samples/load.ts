/** Sample files of every kind, told apart by their ending. */
import { extname } from 'node:path'
import { BaseError } from '../../base/errors.js'
import { readBytes } from '../store.js'
import { bind, type InputPort, type SampleSet } from './bind.js'
import { samplesFromCsv } from './csv.js'
import type { FixedInput } from './fixed.js'
import { samplesFromJson, samplesFromJsonLines } from './json.js'
import { samplesFromNpy, samplesFromNpz } from './npz.js'
import type { Samples } from './source.js'

type Reader = (bytes: Uint8Array, file: string) => Samples

const READERS: Readonly<Record<string, Reader>> = {
  '.json': samplesFromJson,
  '.jsonl': samplesFromJsonLines,
  '.npy': samplesFromNpy,
  '.npz': samplesFromNpz,
  '.csv': samplesFromCsv,
}

/** What the file holds, by its ending. Throws `Store.*`, `UnknownKindError`, and what the kind's reader throws. */
export async function load(path: string): Promise<Samples> {
  const reader = READERS[extname(path).toLowerCase()]
  if (reader === undefined) throw new UnknownKindError(path)
  return reader(await readBytes(path), path)
}

/** The file's samples for a model with these inputs. Throws as `load` and `bind` do. */
export async function loadFor(
  path: string,
  ports: readonly InputPort[],
  fixed: readonly FixedInput[] = [],
): Promise<SampleSet> {
  return bind(await load(path), ports, fixed)
}

export class UnknownKindError extends BaseError {
  override name = 'Samples.UnknownKindError'
  constructor(readonly path: string) {
    super(`${path} is not a kind of file that samples are read from.`, {
      details: [`read are: ${Object.keys(READERS).join(', ')}`],
      hint: 'convert the file, and let its name end in its kind',
    })
  }
}
