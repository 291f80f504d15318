/**
 * rapidsnark's program (`prover KEY WITNESS PROOF PUBLIC`), where the user has it: a process a proof.
 *
 * Its proofs are parsed strictly like snarkjs's. It takes as many threads as OMP_NUM_THREADS says.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BaseError, messageOf } from '../base/errors.js'
import type { Backend, ProvingKey } from './backend.js'
import { parseProof, parsePublicSignals } from './proof.js'
import type * as Snarkjs from './snarkjs.js'

export async function open(
  program: string,
  key: ProvingKey,
  { threads }: Backend.Options,
): Promise<Backend.Opened> {
  const closing = new AbortController()
  return {
    prove: (wtns) => prove(program, key.path, wtns, threads, closing.signal),
    close: async () => closing.abort(),
  }
}

/** Throws `ProgramError` where the program cannot be started, fails, or writes no proof. */
async function prove(
  program: string,
  zkey: string,
  wtns: Uint8Array,
  threads: number,
  signal: AbortSignal,
): Promise<Snarkjs.prove.ReturnType> {
  const folder = await mkdtemp(join(tmpdir(), 'zkonnx-prove-'))
  const [witness, proof, signals] = ['witness.wtns', 'proof.json', 'public.json'].map((name) =>
    join(folder, name),
  ) as [string, string, string]
  try {
    await writeFile(witness, wtns)
    await run(program, [zkey, witness, proof, signals], threads, signal)
    return {
      proof: parseProof(await readJson(proof)),
      publicSignals: parsePublicSignals(await readJson(signals)),
    }
  } catch (cause) {
    throw new ProgramError(program, cause)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function run(program: string, args: readonly string[], threads: number, signal: AbortSignal): Promise<void> {
  const env = { ...process.env, OMP_NUM_THREADS: String(threads) }
  return new Promise((resolve, reject) => {
    execFile(program, args, { env, signal }, (error, _, stderr) => {
      if (error === null) resolve()
      else reject(new Error(stderr.trim() || messageOf(error), { cause: error }))
    })
  })
}

/** Older versions end their files with a zero byte. */
async function readJson(path: string): Promise<unknown> {
  return JSON.parse((await readFile(path, 'utf8')).replace(/\0+$/, ''))
}

export class ProgramError extends BaseError {
  override name = 'Rapidsnark.ProgramError'
  constructor(
    readonly program: string,
    cause: unknown,
  ) {
    super('rapidsnark could not make the proof.', {
      details: [`program: ${program}`, `it says: ${messageOf(cause)}`],
      hint: 'check that it runs alone, as prover KEY WITNESS PROOF PUBLIC; or prove with --prover snarkjs',
      cause,
    })
  }
}
