/** A witness of a key's circuit, from the bytes of a `.wtns`. */
import * as Wtns from '../../artifacts/iden3/wtns.js'
import { BaseError } from '../../base/errors.js'
import type { PublicSignals } from '../proof.js'
import type { Key } from './key.js'

export type Witness = {
  /** Plain, as many as the key has wires. */
  readonly values: Uint8Array
  readonly publicSignals: PublicSignals
}

/** Throws `MalformedFileError`, `WitnessError` for one of another circuit. */
export function readWitness({ name, header }: Key, bytes: Uint8Array): Witness {
  const witness = Wtns.decode(bytes)
  if (witness.wires !== header.wires) throw new WitnessError(name, witness.wires, header.wires)
  const publicSignals = Array.from({ length: header.publicSignals }, (_, i) =>
    Wtns.get(witness, 1 + i).toString(),
  )
  return { values: witness.values, publicSignals }
}

export class WitnessError extends BaseError {
  override name = 'Prover.WitnessError'
  constructor(
    readonly zkey: string,
    readonly values: number,
    readonly wires: number,
  ) {
    super(`The witness has ${values} values, the proving key ${wires} wires.`, {
      details: [`proving key: ${zkey}`],
      hint: 'check that key and witness come from the same build',
    })
  }
}
