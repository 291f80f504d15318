/** The proofs of a folder, each verified, as a report shows them. */
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Manifest } from '../../artifacts/manifest.js'
import { locateProof, PROOF_FILES, readPrediction } from '../../artifacts/proof-folder.js'
import { parseJson, readText } from '../../artifacts/store.js'
import { BaseError } from '../../base/errors.js'
import type { ProofFacts, ShownProof } from '../../report/facts.js'
import { decode } from '../../verify/decode.js'
import { verify } from '../verify.js'

/** More would make a page that nobody reads, and a large one. */
const MOST_SHOWN = 100

export type Gathering = {
  readonly dir: string
  /** Folders of proofs; by default all below `proofs` of the model's folder. */
  readonly proofs: readonly string[] | undefined
  readonly show: (path: string) => string
  readonly onProof: (done: number, all: number) => void
}

/** Verifies all that are shown. Throws faults of ours; what is wrong with a proof is said of it. */
export async function gatherProofs(manifest: Manifest, options: Gathering): Promise<ProofFacts> {
  const { dir, show } = options
  const place =
    options.proofs?.[0] === undefined ? join(dir, 'proofs') : dirname(await locateProof(options.proofs[0]))
  const paths = options.proofs ?? (await proofsIn(place))
  if (manifest.setup?.verificationKey === undefined && options.proofs === undefined)
    return { shown: [], found: 0, place: show(place) }
  const shown: ShownProof[] = []
  for (const path of paths.slice(0, MOST_SHOWN)) {
    options.onProof(shown.length + 1, Math.min(paths.length, MOST_SHOWN))
    shown.push(await readOne(manifest, options, path))
  }
  return { shown, found: paths.length, place: show(place) }
}

async function proofsIn(place: string): Promise<string[]> {
  const names = await readdir(place).catch((): string[] => [])
  const holds = await Promise.all(
    names.sort().map(async (name) => {
      const files = await readdir(join(place, name)).catch((): string[] => [])
      return files.includes(PROOF_FILES.proof) && files.includes(PROOF_FILES.prediction)
        ? [join(place, name)]
        : []
    }),
  )
  return holds.flat()
}

async function readOne(manifest: Manifest, { dir, show }: Gathering, path: string): Promise<ShownProof> {
  const folder = await locateProof(path)
  const read = async (file: 'proof' | 'signals'): Promise<unknown> => {
    const at = join(folder, PROOF_FILES[file])
    return parseJson(await readText(at), at)
  }
  const prediction = await readPrediction(folder)
  const { valid, reason } = await judged(dir, folder)
  const signals = await read('signals').catch(() => null)
  return {
    folder: show(folder),
    sample: prediction.sample,
    label: prediction.label,
    valid,
    reason,
    says: valid ? decode(manifest, signals as string[]) : undefined,
    context: prediction.context,
    times: prediction.times,
    signals,
    proof: await read('proof').catch(() => null),
  }
}

/** A proof that cannot even be read does not hold. */
async function judged(dir: string, folder: string): Promise<Pick<ShownProof, 'valid' | 'reason'>> {
  try {
    const { valid, reason } = await verify(dir, folder)
    return { valid, reason }
  } catch (error) {
    if (!(error instanceof BaseError) || error.fault === 'internal') throw error
    return { valid: false, reason: error.message.split('\n')[0] }
  }
}
