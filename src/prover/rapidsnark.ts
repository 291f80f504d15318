/**
 * rapidsnark's program (`prover KEY WITNESS PROOF PUBLIC`), where the user has it: a process a proof.
 *
 * Its proofs are parsed strictly like snarkjs's. It takes as many threads as OMP_NUM_THREADS says.
 * Trap: a process outlives the worker thread that started it. Where there is a shell, it stands between: it kills the
 * program when its standard input closes, which the operating system sees to when the thread or the process ends.
 */
import { type ExecFileException, execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BaseError, messageOf } from '../base/errors.js'
import type { Backend, Proven, ProvingKey } from './backend.js'
import { parseProof, parsePublicSignals } from './proof.js'

export async function open(
  program: string,
  key: ProvingKey,
  { threads }: Backend.Options,
  timeout = Math.ceil(PATIENCE.base + PATIENCE.perKeyByte * key.bytes.length),
): Promise<Backend.Opened> {
  const closing = new AbortController()
  const limits = { threads, timeout, signal: closing.signal }
  return {
    prove: (wtns) => prove(program, key.path, wtns, limits),
    close: async () => closing.abort(),
  }
}

/** Milliseconds after which a program hangs: a hundred times what one core needs. */
const PATIENCE = { base: 60_000, perKeyByte: 1e-3 }

type Limits = { readonly threads: number; readonly timeout: number; readonly signal: AbortSignal }

/** Throws `ProgramError` where the program cannot be started, fails, or writes no proof. */
async function prove(program: string, zkey: string, wtns: Uint8Array, limits: Limits): Promise<Proven> {
  const folder = await mkdtemp(join(tmpdir(), 'zkonnx-prove-'))
  const [witness, proof, signals] = ['witness.wtns', 'proof.json', 'public.json'].map((name) =>
    join(folder, name),
  ) as [string, string, string]
  try {
    await writeFile(witness, wtns)
    await run([program, zkey, witness, proof, signals], limits)
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

function run(command: readonly string[], { threads, timeout, signal }: Limits): Promise<void> {
  const env = { ...process.env, OMP_NUM_THREADS: String(threads) }
  const [file, ...args] = process.platform === 'win32' ? command : ['/bin/sh', '-c', GUARD, 'sh', ...command]
  return new Promise((resolve, reject) => {
    execFile(file!, args, { env, signal, timeout }, (error, _, stderr) => {
      if (error === null) resolve()
      else if (error.killed) reject(new Error(`nothing within ${Math.round(timeout / 1000)} seconds`))
      else reject(new Error(`${endOf(error)}, and said ${stderr.trim() || 'nothing'}`, { cause: error }))
    })
  })
}

/** Its own error holds the whole command. Of a program that a signal ends, the shell between gives 128 and the signal. */
function endOf({ code, signal, message }: ExecFileException): string {
  if (typeof code === 'number') return `it ended with code ${code}`
  return signal ? `it was ended by ${signal}` : message
}

const GUARD = `
exec 3<&0
"$@" </dev/null 3<&- & program=$!
{ cat <&3; kill -9 $program; } >/dev/null 2>&1 & guard=$!
exec 3<&-
wait $program; code=$?
kill $guard 2>/dev/null
exit $code
`

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
      details: [`program: ${program}`, `what happened: ${messageOf(cause)}`],
      hint: 'check that it runs alone, as prover KEY WITNESS PROOF PUBLIC; or prove with --prover snarkjs',
      cause,
    })
  }
}
