/** The files of a compiled model's folder. The manifest is written last: a folder without it is not compiled. */
import { join } from 'node:path'

export const FILES = {
  manifest: 'manifest.json',
  /** The model as it is run: one file, weights inside, axes pinned. */
  onnx: 'model.onnx',
  program: 'quantized.json',
  arrays: 'quantized.npz',
  /** What the program takes from its samples. */
  calibration: 'calibration.json',
  /** Of a committed model: its salt. Its owner's, as are the model and the program. */
  modelOpening: 'model-opening.json',
  r1cs: 'circuit.r1cs',
  sym: 'circuit.sym',
  /** Of a circuit with lookups: their tables, wires and rows. */
  lookups: 'circuit.lookups',
  zkey: 'circuit.zkey',
  /** The proving key of a circuit with lookups. */
  lkey: 'circuit.lkey',
  verificationKey: 'verification_key.json',
  /** Of keys from a ceremony: who contributed, and the proof of it. */
  transcript: 'ceremony.json',
  deployment: 'deployment.json',
  registration: 'registration.json',
  contracts: 'contracts',
  /** The embedded chain's state, as anvil dumps it. */
  chainState: 'chain.state',
} as const

export type FileName = keyof typeof FILES

export function pathOf(dir: string, file: FileName): string {
  return join(dir, FILES[file])
}
