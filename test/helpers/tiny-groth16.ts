/** Real keys and proofs of a tiny circuit whose public signals can be chosen freely, made by snarkjs alone. */
import { readFile } from 'node:fs/promises'
import * as snarkjs from 'snarkjs'
import * as R1csFile from '../../src/artifacts/iden3/r1cs.js'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import type { Proof, VerificationKey } from '../../src/chain/types.js'
import { type Row, system, witnessOf } from './r1cs.js'

export type TinyProver = {
  readonly key: VerificationKey
  /** The same circuit's key before any contribution: its gamma and delta are equal. */
  readonly uncontributedKey: VerificationKey
  prove(signals: readonly bigint[]): Promise<{ proof: Proof; signals: string[] }>
  /** What snarkjs makes of the same key from its own template, which is under the GPL: for comparison only. */
  snarkjsVerifier(): Promise<string>
}

type Memory = { type: 'mem'; data?: Uint8Array }
type Contribute = { contribute(from: Memory, to: Memory, ...rest: unknown[]): Promise<unknown> }

type Export = { exportSolidityVerifier(key: Memory, templates: { groth16: string }): Promise<string> }

/** Every signal is squared: wires are one, the signals, their squares. */
export async function tinyProver(signals: number): Promise<TinyProver> {
  const rows = Array.from({ length: signals }, (_, i): [Row, Row, Row] => [
    { [1 + i]: 1n },
    { [1 + i]: 1n },
    { [1 + signals + i]: 1n },
  ])
  const r1cs = R1csFile.encode(
    system(1 + 2 * signals, { outputs: 0, inputs: signals, privateInputs: 0 }, rows),
  )
  const circuit: Memory = { type: 'mem', data: r1cs }
  const [fresh, contributed] = [memory(), memory()]
  await snarkjs.zKey.newZKey(circuit, await powersOfTau(), fresh)
  await (snarkjs.zKey as unknown as Contribute).contribute(fresh, contributed, 'test', 'not a secret')
  return {
    key: (await snarkjs.zKey.exportVerificationKey(contributed)) as VerificationKey,
    uncontributedKey: (await snarkjs.zKey.exportVerificationKey(fresh)) as VerificationKey,
    async snarkjsVerifier() {
      const template = new URL(
        '../../node_modules/snarkjs/templates/verifier_groth16.sol.ejs',
        import.meta.url,
      )
      const templates = { groth16: await readFile(template, 'utf8') }
      return (snarkjs.zKey as unknown as Export).exportSolidityVerifier(contributed, templates)
    },
    async prove(values) {
      const witness = Wtns.encode(witnessOf(...values, ...values.map((value) => value * value)))
      const made = await snarkjs.groth16.prove(contributed, { type: 'mem', data: witness }, undefined, {
        singleThread: true,
      })
      return { proof: made.proof as Proof, signals: made.publicSignals as string[] }
    },
  }
}

async function powersOfTau(): Promise<Memory> {
  const curve = await snarkjs.curves.getCurveFromName('bn128')
  const [empty, contributed, prepared] = [memory(), memory(), memory()]
  await snarkjs.powersOfTau.newAccumulator(curve, 5, empty)
  await (snarkjs.powersOfTau as unknown as Contribute).contribute(empty, contributed, 'test', 'not a secret')
  await snarkjs.powersOfTau.preparePhase2(contributed, prepared)
  return prepared
}

/** The curve's workers must end with the tests that used it. */
export async function terminateCurve(): Promise<void> {
  await (await snarkjs.curves.getCurveFromName('bn128')).terminate()
}

function memory(): Memory {
  return { type: 'mem' }
}
