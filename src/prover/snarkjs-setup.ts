/**
 * snarkjs's ceremonies, next to `snarkjs.ts` its one user: powers of tau, a circuit's first key, contributions, beacons.
 *
 * Traps: it logs its failures, and returns -1 or false or throws text; checks of a transcript go to `console.log`; a file
 * over another curve makes it build that curve, whose threads nobody stops, so callers look at the header first. It
 * cannot be told to stop: an abort stops the curve's threads, and with them what waits for their answers.
 */
import { readFileSync, statSync } from 'node:fs'
import type { File, Logger } from 'snarkjs'
import * as Binfile from '../artifacts/iden3/binfile.js'
import { withFile } from '../artifacts/iden3/binfile-file.js'
import { BaseError, messageOf } from '../base/errors.js'
import { unlessAborted, type Watch } from './abort.js'
import { abandonWork, type Curve, withStockSums, withThreads } from './curve.js'
import { type Iden3, loadIden3 } from './iden3.js'
import { zkeyHeader } from './keys.js'
import { PTAU } from './ptau.js'

export type SetupOptions = Watch

/** Writes the circuit's key before any contribution. Throws `SetupError`. */
export async function newKey(
  r1cs: string,
  ptau: string,
  to: string,
  options: SetupOptions = {},
): Promise<void> {
  await run('make the first key', options, ({ zKey }, logger) => zKey.newZKey(r1cs, ptau, to, logger))
}

/** Writes a key with one more contribution. The machine's randomness is mixed into `entropy`. Throws `SetupError`. */
export async function contribute(
  from: string,
  to: string,
  contributor: { readonly name: string; readonly entropy: string },
  options: SetupOptions = {},
): Promise<void> {
  const { name, entropy } = contributor
  await run('contribute to the key', options, ({ zKey }, logger) =>
    zKey.contribute(from, to, name, entropy, logger),
  )
}

export type Beacon = { readonly name: string; readonly value: string; readonly iterations: number }

/** Writes a key with a beacon's contribution. Throws `SetupError`. */
export async function beacon(
  from: string,
  to: string,
  { name, value, iterations }: Beacon,
  options: SetupOptions = {},
): Promise<void> {
  await run('apply the beacon', options, ({ zKey }, logger) =>
    zKey.beacon(from, to, name, value, iterations, logger),
  )
}

/** Why snarkjs finds that the key does not follow from the first key by its contributions; nothing where it does. */
export async function verifyKey(
  first: string,
  ptau: string,
  zkey: string,
  options: SetupOptions = {},
): Promise<string | undefined> {
  const powers = powersFor(zkeyHeader(zkey).domainSize, ptau)
  return judged(options, ({ zKey }, logger) =>
    zKey.verifyFromInit(opened(first), powers, opened(zkey), logger),
  )
}

/** snarkjs leaves files open where a check fails, so that it gets the bytes, but for those of huge circuits. */
function opened(path: string): File {
  return statSync(path).size > 64 * MOST_IN_MEMORY ? path : readFileSync(path)
}

/** The part of the powers that it looks at, for the same reason. */
function powersFor(domainSize: number, ptau: string): File {
  if (domainSize > MOST_IN_MEMORY) return ptau
  const points = withFile(ptau, (source) => {
    const { offset } = Binfile.directory(source, PTAU).get(2)!
    return source.read(offset, 64 * (2 * domainSize - 1))
  })
  const { bytes, sections } = Binfile.allocate(PTAU, [[2, points.length + 64]])
  sections[0]!.set(points)
  return bytes
}
const MOST_IN_MEMORY = 2 ** 22

/** Why snarkjs finds powers of tau unsound; nothing where they are sound. */
export async function verifyPowers(ptau: string, options: SetupOptions = {}): Promise<string | undefined> {
  return judged(options, ({ powersOfTau }, logger) => powersOfTau.verify(opened(ptau), logger))
}

/** Writes powers of tau without contributions: tau is 1. Throws `SetupError`. */
export async function newPowers(power: number, to: File, options: SetupOptions = {}): Promise<void> {
  await run('begin powers of tau', options, ({ powersOfTau }, logger, curve) =>
    powersOfTau.newAccumulator(curve, power, to, logger),
  )
}

/** Throws `SetupError`. */
export async function contributePowers(
  from: File,
  to: File,
  contributor: { readonly name: string; readonly entropy: string },
  options: SetupOptions = {},
): Promise<void> {
  const { name, entropy } = contributor
  await run('contribute to the powers of tau', options, ({ powersOfTau }, logger) =>
    powersOfTau.contribute(from, to, name, entropy, logger),
  )
}

/** Adds what phase 2 needs, which takes by far the longest. Throws `SetupError`. */
export async function preparePowers(from: File, to: File, options: SetupOptions = {}): Promise<void> {
  await run('prepare the powers of tau for phase 2', options, ({ powersOfTau }, logger) =>
    powersOfTau.preparePhase2(from, to, logger),
  )
}

type Step<Result> = (snarkjs: Iden3['snarkjs'], logger: Logger, curve: Curve) => Promise<Result>

async function run(what: string, options: SetupOptions, step: Step<unknown>): Promise<void> {
  const { result, complaints } = await attempt(options, step).catch((cause: unknown) => {
    throw cause instanceof BaseError ? cause : new SetupError(what, [messageOf(cause)], cause)
  })
  if (result === -1 || result === false) throw new SetupError(what, complaints)
}

async function judged(options: SetupOptions, step: Step<boolean>): Promise<string | undefined> {
  try {
    // hostile files hold points that are not in their group
    const { result, complaints } = await withStockSums(['g2'], () => attempt(options, step))
    return result === true ? undefined : (complaints.at(-1) ?? 'it does not say why')
  } catch (cause) {
    if (cause instanceof BaseError || options.signal?.aborted) throw cause
    return messageOf(cause)
  }
}

/** What a step returns, and what it complained of on the way. */
async function attempt<Result>({ onProgress, signal }: SetupOptions, step: Step<Result>) {
  const complaints: string[] = []
  const tell = (text: string) => onProgress?.(text)
  const logger: Logger = {
    debug: tell,
    log: tell,
    info: () => {},
    warn: () => {},
    error: (text) => void complaints.push(text),
  }
  const { snarkjs } = await loadIden3()
  return withThreads(async (curve) => {
    const restore = divertConsole((text) => void complaints.push(text))
    try {
      return {
        result: await unlessAborted(signal, () => step(snarkjs, logger, curve), abandonWork),
        complaints,
      }
    } finally {
      restore()
    }
  })
}

/** What snarkjs prints of a transcript would stand among a command's results. */
function divertConsole(to: (text: string) => void): () => void {
  const before = console.log
  console.log = (...parts: unknown[]) => {
    if (String(parts[0]).startsWith('INVALID')) to(parts.join(' '))
    else before(...parts)
  }
  return () => {
    console.log = before
  }
}

export class SetupError extends BaseError {
  override name = 'Snarkjs.SetupError'
  constructor(
    readonly step: string,
    readonly complaints: readonly string[],
    cause?: unknown,
  ) {
    super(`snarkjs could not ${step}.`, {
      details: complaints.map((text) => `snarkjs says: ${text}`),
      hint: 'check that the files are whole and belong together, and that the disk has room',
      cause,
    })
  }
}
