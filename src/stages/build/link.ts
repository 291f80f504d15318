/** The chain that verify-build goes along: what a link is, and what every link may know of those before it. */
import type { Derivation, Manifest } from '../../artifacts/manifest.js'
import type { ModelOpening } from '../../artifacts/model-opening.js'
import { MissingFileError } from '../../artifacts/store.js'
import { BaseError } from '../../base/errors.js'
import type { Circuit } from '../../circuit/circuit.js'
import type { Blueprint } from '../../circuit/synthesize.js'
import type { LoadedModel } from '../../onnx/load.js'
import type { Quantized } from '../../quantize/quantize.js'
import type { Verified } from '../verify-ceremony.js'

/** `skipped`: it cannot be derived from what is there, and `says` why. `unreached`: a link before it differs. */
export type LinkState = 'equal' | 'differs' | 'skipped' | 'unreached'

export type Outcome = {
  readonly state: LinkState
  /** One line, for people. */
  readonly says: string
  /** Of what differs: which part, what was found, what was expected. */
  readonly details?: readonly string[] | undefined
  readonly hint?: string | undefined
}

export type Link = Outcome & { readonly name: string }

export type BuildOptions = {
  /** The compiled model's folder. */
  readonly dir: string
  /** The ONNX file; without, the chain begins with the `model.onnx` of the folder. */
  readonly model?: string
  /** The samples that it was calibrated on; without, what was kept of them is taken as it is. */
  readonly data?: string
  readonly holdout?: string
  /** The powers of tau that the keys come from; without, the first key is not derived. */
  readonly ptau?: string
  /** Where the code is to be compared: the record's address, or the verifier's. */
  readonly address?: string
  readonly rpc?: string
  /** Told the name of each link as it is looked at. */
  readonly onLink?: (name: string) => void
}

export type Derived = Pick<Quantized, 'model' | 'calibration'>

/** What is known so far; each link adds what it has derived. */
export type Build = {
  readonly options: BuildOptions
  readonly manifest: Manifest
  /** Of a committed model, where the folder is its owner's. */
  readonly opening: ModelOpening | undefined
  /** None where the weights are secret, and the folder is not their owner's. */
  readonly derivation: Derivation | undefined
  source?: LoadedModel
  quantized?: Derived
  blueprint?: Blueprint
  circuit?: Circuit
  r1cs?: Uint8Array
  ceremony?: Promise<Verified>
}

export type Step = { readonly name: string; readonly look: (build: Build) => Promise<Outcome> }

export function equal(says: string): Outcome {
  return { state: 'equal', says }
}

export function skipped(says: string): Outcome {
  return { state: 'skipped', says }
}

export function differs(says: string, details: readonly string[], hint: string): Outcome {
  return { state: 'differs', says, details, hint }
}

/** Takes the steps in order, up to the first that differs. */
export async function walk(build: Build, steps: readonly Step[]): Promise<Link[]> {
  const links: Link[] = []
  for (const { name, look } of steps) {
    const isBroken = links.some(({ state }) => state === 'differs')
    if (isBroken) {
      links.push({ name, state: 'unreached', says: 'not looked at' })
      continue
    }
    build.options.onLink?.(name)
    links.push({ name, ...(await outcomeOf(build, look)) })
  }
  return links
}

/** What cannot be read or derived because of what the files hold breaks the chain; faults of ours do not. */
async function outcomeOf(build: Build, look: Step['look']): Promise<Outcome> {
  try {
    return await look(build)
  } catch (error) {
    if (error instanceof MissingFileError) return skipped(`not in the folder: ${error.path}`)
    if (!(error instanceof BaseError) || error.fault === 'internal') throw error
    const [summary] = error.message.split('\n')
    return differs(summary!, error.details, error.hint ?? '')
  }
}

/** What may lie behind a difference that nobody made: other versions of what builds. */
export function toolsHint({ manifest }: Build, tools: Readonly<Record<string, string>>): string {
  const built = { zkonnx: manifest.zkonnx, ...manifest.tools }
  const others = Object.entries(built).filter(([name, version]) => tools[name] !== version)
  if (others.length === 0) return 'it was made from something else, or changed afterwards: do not trust it'
  const list = others.map(([name, version]) => `${name} ${version} (here ${tools[name]})`)
  return `it was built with ${list.join(' and ')}: verify with these versions; if it differs then too, do not trust it`
}
