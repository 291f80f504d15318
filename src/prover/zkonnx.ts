/**
 * zkonnx's own prover as a backend. Every proof is verified before it is returned, so that a fault of arithmetic is never
 * more than lost time: where a proof does not hold, or no kernels work here, snarkjs makes it, and a note says so.
 */
import * as Wtns from '../artifacts/iden3/wtns.js'
import { BaseError, messageOf } from '../base/errors.js'
import type { Backend, Proven, ProvingKey } from './backend.js'
import { drawElement } from './draw.js'
import { type Engine, openSingle } from './groth16/engine.js'
import { findStray, type Key, readKey } from './groth16/key.js'
import type { TierName } from './groth16/machine.js'
import { openThreaded } from './groth16/threads.js'
import { chooseMachine, openMachine } from './groth16/tiers.js'
import { verificationKeyOf } from './keys.js'
import type { VerificationKey } from './proof.js'
import * as Snarkjs from './snarkjs.js'

/** Throws `MalformedFileError`, `UnsafeKeyError`, `FieldError`. A forced tier that does not run here throws too. */
export async function open(
  tier: TierName | undefined,
  provingKey: ProvingKey,
  options: Backend.Options,
): Promise<Backend.Opened> {
  const key = readKey(provingKey.bytes, provingKey.path)
  const verificationKey = options.verificationKey ?? (await verificationKeyOf(key.header))
  const engine = await openEngine(tier, key, options.threads)
  const own = { key, verificationKey, provingKey, options }
  if (typeof engine === 'string') {
    return { prove: (wtns) => fallBack(own, wtns, engine), close: async () => {} }
  }
  return { prove: (wtns) => prove(own, engine, wtns), close: () => engine.close() }
}

type Own = {
  readonly key: Key
  readonly verificationKey: VerificationKey
  readonly provingKey: ProvingKey
  readonly options: Backend.Options
}

/** The engine, or why there is none. */
async function openEngine(tier: TierName | undefined, key: Key, threads: number): Promise<Engine | string> {
  if (tier !== undefined) return engineOn(await openMachine(tier), key, threads)
  try {
    return engineOn(await chooseMachine(), key, threads)
  } catch (error) {
    return messageOf(error)
  }
}

function engineOn(machine: Parameters<typeof openSingle>[0], key: Key, threads: number): Engine {
  return threads === 1 ? openSingle(machine, key) : openThreaded(machine, key, threads)
}

async function prove(own: Own, engine: Engine, wtns: Uint8Array): Promise<Proven> {
  const { publicSignals: count, wires } = own.key.header
  const witness = Wtns.decode(wtns)
  if (witness.wires !== wires) throw new WitnessError(own.provingKey.path, witness.wires, wires)
  const publicSignals = Array.from({ length: count }, (_, i) => Wtns.get(witness, 1 + i).toString())
  const proof = await engine.prove(witness.values, { r: drawElement(), s: drawElement() })
  if (await Snarkjs.verify(own.verificationKey, publicSignals, proof)) return { proof, publicSignals }
  return fallBack(own, wtns, 'A proof of its own kernels did not verify.')
}

async function fallBack(own: Own, wtns: Uint8Array, reason: string): Promise<Proven> {
  const { threads } = own.options
  const { proof, publicSignals } = await Snarkjs.prove(own.provingKey.bytes, wtns, { threads })
  if (!(await Snarkjs.verify(own.verificationKey, publicSignals, proof))) {
    throw new NoProofError(own.provingKey.path, findStray(own.key))
  }
  return { proof, publicSignals, note: `snarkjs made this proof instead of zkonnx's prover. ${reason}` }
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

export class NoProofError extends BaseError {
  override name = 'Prover.NoProofError'
  constructor(
    readonly zkey: string,
    readonly stray: string | undefined,
  ) {
    super('No proof of this witness verifies with this key.', {
      details: [`proving key: ${zkey}`, ...(stray === undefined ? [] : [`${stray} is not on the curve`])],
      hint: 'the proving key is damaged, or the witness does not satisfy its circuit: make the keys again with setup',
    })
  }
}
