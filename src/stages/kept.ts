/** A result of an earlier run, read back from its folder. */
import { join } from 'node:path'
import { PROOF_FILES, readOpening, readPrediction } from '../artifacts/proof-folder.js'
import { parseJson, readBytes, readText } from '../artifacts/store.js'
import { parsePublicSignals } from '../prover/proof.js'
import { parseAnyProof } from '../prover/schemes.js'
import type { ExtraValue, Outcome, Prediction, Task } from '../workers/messages.js'

/** Throws what reading the folder's files throws. */
export async function readOutcome(folder: string, kind: Task['kind']): Promise<Outcome> {
  const at = (file: keyof typeof PROOF_FILES) => join(folder, PROOF_FILES[file])
  const json = async (file: keyof typeof PROOF_FILES) => parseJson(await readText(at(file)), at(file))
  const { sample, float, integer, says, times } = await readPrediction(folder)
  const opening = await readOpening(folder)
  const prediction: Prediction = {
    sample,
    float: opening?.float ?? float,
    integer: opening?.integer ?? integer,
    signals: parsePublicSignals(await json('signals')),
    said: says,
    extras: (opening?.extras ?? []) as readonly ExtraValue[],
    times,
  }
  if (kind === 'prove') return { kind, prediction, proof: parseAnyProof(await json('proof')) }
  return { kind, prediction, wtns: await readBytes(at('wtns')) }
}
