/** Powers of tau: checked before a key is made from them, and made where none may be had from outside. */
import { open, rename, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import type { PtauRecord } from '../artifacts/setup-record.js'
import { ensureDir } from '../artifacts/store.js'
import { BaseError } from '../base/errors.js'
import type { Watch } from '../prover/abort.js'
import { MOST_DEV_POWER, makeDevPtau } from '../prover/dev-ptau.js'
import { digestOf, type Ptau, ptauBytes, readPtau } from '../prover/ptau.js'
import { findPublished, PUBLISHED, publishedBytes, publishedFor } from '../prover/published-ptau.js'
import * as Snarkjs from '../prover/snarkjs-setup.js'

export type CheckOptions = Watch & {
  /** The circuit needs 2^power points. */
  readonly power: number
  /** Whether powers whose secrets everyone can compute will do. */
  readonly dev?: boolean
}

/**
 * That powers of tau are sound, and enough for a circuit: their digest is a published one, or snarkjs verifies them in
 * full. Throws `PtauTooSmallError`, `UnpreparedPtauError`, `EmptyPtauError`, `DevPtauError`, `PtauDigestError` for a file
 * with a published name and other content, `UnsoundPtauError`, and as `readPtau` does.
 */
export async function checkPowers(path: string, options: CheckOptions): Promise<PtauRecord> {
  const ptau = readPtau(path)
  if (ptau.power < options.power) throw new PtauTooSmallError(ptau, options.power)
  if (!ptau.prepared) throw new UnpreparedPtauError(path)
  if (ptau.contributions.length === 0) throw new EmptyPtauError(path)
  if (ptau.dev && options.dev !== true) throw new DevPtauError(path)
  const blake2b = await digestOf(path, (done) =>
    options.onProgress?.(`hashing ${basename(path)}: ${megabytes(done)}`),
  )
  const record = { name: basename(path), power: ptau.power, blake2b }
  if (ptau.dev) return { ...record, verified: 'dev' }
  if (findPublished(blake2b) !== undefined) return { ...record, verified: 'published' }
  refuseImpostor(path, blake2b)
  await verifyInFull(ptau, options)
  return { ...record, verified: 'full' }
}

async function verifyInFull({ path, contributions }: Ptau, options: Watch): Promise<void> {
  const endless = contributions.find(({ beacon }) => (beacon?.iterations ?? 0) > MOST_ITERATIONS)
  if (endless !== undefined)
    throw new UnsoundPtauError(
      path,
      `its beacon is hashed 2^${endless.beacon!.iterations} times: none can check`,
    )
  const slow = contributions.find(({ beacon }) => (beacon?.iterations ?? 0) > SLOW_ITERATIONS)
  if (slow !== undefined)
    options.onProgress?.(
      `${basename(path)} has a beacon of 2^${slow.beacon!.iterations} hashes: this takes long`,
    )
  const problem = await Snarkjs.verifyPowers(path, {
    ...options,
    onProgress: (text) => options.onProgress?.(`verifying ${basename(path)}: ${text}`),
  })
  if (problem !== undefined) throw new UnsoundPtauError(path, `snarkjs says: ${problem}`)
}

/** A file that is called as a published one is, and is another. */
function refuseImpostor(path: string, blake2b: string): void {
  const named = PUBLISHED.find(({ name }) => name === basename(path))
  if (named !== undefined) throw new PtauDigestError(path, blake2b, named.blake2b)
}

const SLOW_ITERATIONS = 20
/** Those of the Perpetual Powers of Tau have 31. */
const MOST_ITERATIONS = 40

export type NewPowersOptions = Watch & {
  readonly power: number
  readonly out: string
} & ({ readonly dev: true } | { readonly dev: false; readonly name: string; readonly entropy: string })

/** Makes powers of tau, prepared for phase 2. Written whole or not at all. Throws `PowerError`, `SetupError`. */
export async function newPowers(options: NewPowersOptions): Promise<Ptau> {
  const { power, out, dev } = options
  const most = dev ? MOST_DEV_POWER : MOST_POWER
  if (!Number.isInteger(power) || power < 1 || power > most) throw new PowerError(power, most)
  await ensureDir(basename(out) === out ? '.' : out.slice(0, -basename(out).length))
  const parts = [1, 2].map((step) => `${out}.part${step}`) as [string, string]
  try {
    if (dev) await writeDev(parts[0], options)
    else await contributeHonestly(parts, options)
    options.signal?.throwIfAborted()
    await rename(parts[0], out)
  } finally {
    for (const part of parts) await rm(part, { force: true })
  }
  return readPtau(out)
}

/** Beyond it snarkjs would need more memory than it may address. */
const MOST_POWER = 27

async function writeDev(path: string, { power, signal, onProgress }: NewPowersOptions): Promise<void> {
  const file = await open(path, 'w')
  try {
    await makeDevPtau(
      power,
      async (bytes) => {
        signal?.throwIfAborted()
        await file.writeFile(bytes)
      },
      { onSection: (done, of) => onProgress?.(`preparing for phase 2: ${done} of ${of}`) },
    )
    await file.sync()
  } finally {
    await file.close()
  }
}

async function contributeHonestly(
  [first, second]: [string, string],
  options: NewPowersOptions & { readonly dev: false },
): Promise<void> {
  const { power, name, entropy } = options
  const step = (what: string): Watch => ({
    ...options,
    onProgress: (text) => options.onProgress?.(`${what}: ${text}`),
  })
  await Snarkjs.newPowers(power, first, step('beginning'))
  await Snarkjs.contributePowers(first, second, { name, entropy }, step('contributing'))
  await Snarkjs.preparePowers(second, first, {
    ...options,
    onProgress: (text) => {
      const share = shareOfPreparing(text, power)
      if (share !== undefined) options.onProgress?.(`preparing for phase 2: ${Math.floor(100 * share)} %`)
    },
  })
}

/** The transforms that snarkjs makes, one after another: of which powers, and how a step costs (G2 3.7 times G1, measured). */
const TRANSFORMS = [
  { name: 'tauG1', cost: 1, beyond: 1 },
  { name: 'tauG2', cost: 3.7, beyond: 0 },
  { name: 'alphaTauG1', cost: 1, beyond: 0 },
  { name: 'betaTauG1', cost: 1, beyond: 0 },
] as const

/** What has been done when snarkjs says that it is at `tauG2: fft 9 ...`. */
function shareOfPreparing(text: string, power: number): number | undefined {
  const [, name, at] = /^(\w+): fft (\d+)/.exec(text) ?? []
  const place = TRANSFORMS.findIndex((one) => one.name === name)
  if (place < 0) return undefined
  // a domain of 2^p points takes p steps for each of them
  const upTo = (last: number) =>
    Array.from({ length: last }, (_, i) => (i + 1) * 2 ** (i + 1)).reduce((sum, steps) => sum + steps, 0)
  const costs = TRANSFORMS.map(({ cost, beyond }) => cost * upTo(power + beyond))
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return (sum(costs.slice(0, place)) + TRANSFORMS[place]!.cost * upTo(Number(at) - 1)) / sum(costs)
}

export type PowersEstimate = { readonly seconds: number; readonly bytes: number; readonly measured: number }

/**
 * How long honest powers of tau would take here: a small file is made in memory, and its steps are extrapolated.
 * Contributing takes time with the points, preparing also with the number of their domains' halvings.
 */
export async function estimatePowers(power: number, options: Watch = {}): Promise<PowersEstimate> {
  const memory = () => ({ type: 'mem' as const })
  const [first, second, third] = [memory(), memory(), memory()]
  const contributor = { name: 'measurement', entropy: 'measurement' }
  const small = Math.min(PROBE_POWER, power)
  await Snarkjs.newPowers(small, first, options)
  const contributing = await timed(() => Snarkjs.contributePowers(first, second, contributor, options))
  const preparing = await timed(() => Snarkjs.preparePowers(second, third, options))
  const growth = 2 ** (power - small)
  const seconds = growth * (contributing + (preparing * (power + 1)) / (small + 1))
  return { seconds, bytes: ptauBytes(power, 1), measured: small }
}

const PROBE_POWER = 7

async function timed(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await act()
  return (performance.now() - start) / 1000
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`
}

export class PtauTooSmallError extends BaseError {
  override name = 'Setup.PtauTooSmallError'
  constructor(
    { path, power }: Ptau,
    readonly needed: number,
  ) {
    const file = publishedFor(needed)
    const which = file === undefined ? '' : `, e.g. ${file.name} (${megabytes(publishedBytes(file))})`
    super(`The powers of tau in ${path} are too few for this circuit.`, {
      details: [`the file is of power ${power}, the circuit needs ${needed}`],
      hint: `give a file of power ${needed} or above${which}`,
    })
  }
}

export class UnpreparedPtauError extends BaseError {
  override name = 'Setup.UnpreparedPtauError'
  constructor(readonly path: string) {
    super(`The powers of tau in ${path} are not prepared for phase 2.`, {
      hint: `prepare them first: npx snarkjs powersoftau prepare phase2 ${path} PREPARED.ptau`,
    })
  }
}

export class EmptyPtauError extends BaseError {
  override name = 'Setup.EmptyPtauError'
  constructor(readonly path: string) {
    super(`Nobody has contributed to the powers of tau in ${path}: their secrets are 1.`, {
      hint: 'give powers of tau of a ceremony, or make them: zkonnx ceremony new-ptau',
    })
  }
}

export class DevPtauError extends BaseError {
  override name = 'Setup.DevPtauError'
  constructor(readonly path: string) {
    super(`Everyone can compute the secrets of the powers of tau in ${path}, and forge proofs.`, {
      details: ['they are marked dev, or nobody but a beacon contributed to them'],
      hint: 'give powers of tau of a ceremony; to rehearse one with dev keys, add --dev',
    })
  }
}

export class PtauDigestError extends BaseError {
  override name = 'Setup.PtauDigestError'
  constructor(
    readonly path: string,
    found: string,
    expected: string,
  ) {
    super(`${path} is not the published file of this name.`, {
      details: [`its BLAKE2b-512 is ${found}`, `published is       ${expected}`],
      hint: 'get the file again; if it is meant to be another, rename it, and it is verified in full',
    })
  }
}

export class UnsoundPtauError extends BaseError {
  override name = 'Setup.UnsoundPtauError'
  constructor(
    readonly path: string,
    readonly problem: string,
  ) {
    super(`The powers of tau in ${path} are not sound.`, {
      details: [problem],
      hint: 'get the file again from where it was published, or take another',
      fault: 'answer',
    })
  }
}

export class PowerError extends BaseError {
  override name = 'Setup.PowerError'
  constructor(
    readonly power: number,
    readonly most: number,
  ) {
    super(`Powers of tau of power ${power} cannot be made here.`, {
      details: [`from 1 to ${most}`],
      hint: 'the manifest says what a circuit needs, at circuit.power',
    })
  }
}
