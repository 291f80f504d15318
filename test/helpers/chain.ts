/** A compiled tiny model on an embedded chain. */
import type { Packing } from '../../src/artifacts/statement.js'
import { compileModelContracts, type ModelContracts } from '../../src/chain/solidity/model-contracts.js'
import type { Hex, KeyKind, VerificationKey } from '../../src/chain/types.js'

type Statement = { outputs: readonly Packing[]; inputs: readonly Packing[]; context: number }

export const MODEL_ID: Hex = `0x${'5a'.repeat(32)}`

/** Two outputs over two signals (three and two integers), no public input, and the context. */
export const STATEMENT: Statement = {
  outputs: [
    { name: 'scores', first: 0, signals: 1, width: 20, perSignal: 12, count: 3, lo: -500_000 },
    { name: 'label', first: 1, signals: 1, width: 4, perSignal: 63, count: 2, lo: 0 },
  ],
  inputs: [],
  context: 2,
}

/** The statement of most small models: one packed signal of outputs, and the context. */
export const SMALL: Statement = { ...STATEMENT, outputs: [STATEMENT.outputs[0]!], context: 1 }

export function compileTiny(
  verificationKey: VerificationKey,
  statement: Statement,
  keys: KeyKind = 'dev',
  options: { readonly forgeable?: boolean } = {},
): Promise<ModelContracts> {
  return compileModelContracts({
    name: 'Tiny',
    modelId: MODEL_ID,
    statement,
    scales: statement.outputs.map(() => [0.25]),
    keys,
    verificationKey,
    ...options,
  })
}

/** Whether a process exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}
