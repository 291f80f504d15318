/**
 * Whether a compiled model's folder, its keys and its contracts follow from the ONNX file: everything is derived again, link
 * by link, and compared.
 */
import { type Derivation, digestOf, type Manifest, readManifest } from '../artifacts/manifest.js'
import { findModelOpening } from '../artifacts/model-opening.js'
import type { Sha256 } from '../base/digest.js'
import * as Circuit from './build/circuit-links.js'
import { contractLinks } from './build/contract-links.js'
import * as Integer from './build/integer-links.js'
import * as Key from './build/key-links.js'
import { type Build, type BuildOptions, type Link, type Step, walk } from './build/link.js'
import { registryEntry } from './build/registry-link.js'
import * as Source from './build/source-links.js'

export type { BuildOptions, Link, LinkState } from './build/link.js'

export type BuildVerdict = {
  readonly dir: string
  /** The manifest's digest, which is the model's id on a chain. */
  readonly manifest: Sha256
  /** Whether no link differs; what was skipped says why. */
  readonly equal: boolean
  /** Whose makers can forge proofs, which no derivation changes. */
  readonly devKeys: boolean
  readonly links: readonly Link[]
}

/** Throws `NotCompiledError`, and the store's errors for a manifest that cannot be read. */
export async function verifyBuild(options: BuildOptions): Promise<BuildVerdict> {
  const manifest = await readManifest(options.dir)
  const opening = manifest.model.weights === 'committed' ? await findModelOpening(options.dir) : undefined
  const derivation: Derivation | undefined = manifest.derivation ?? opening?.derivation
  const build: Build = { options, manifest, opening, derivation }
  const links = await walk(build, steps())
  return {
    dir: options.dir,
    manifest: digestOf(manifest),
    equal: links.every(({ state }) => state !== 'differs'),
    devKeys: isDev(manifest),
    links,
  }
}

function isDev({ setup }: Manifest): boolean {
  return setup?.kind === 'dev'
}

function steps(): Step[] {
  const contracts = contractLinks()
  return [
    { name: 'ONNX file', look: Source.onnxFile },
    { name: 'model as it is run', look: Source.runModel },
    { name: 'imported graph', look: Source.foldedGraph },
    { name: 'calibration', look: Integer.storedCalibration },
    { name: 'integer program', look: Integer.integerProgram },
    { name: 'samples', look: Integer.samples },
    { name: 'statement', look: Circuit.statement },
    { name: 'circuit', look: Circuit.constraints },
    { name: 'proving key', look: Key.provingKey },
    { name: 'transcript', look: Key.transcript },
    { name: 'first key', look: Key.firstKey },
    { name: 'verifying key', look: Key.verifyingKey },
    { name: 'Solidity source', look: contracts.source },
    { name: 'creation bytecode', look: contracts.bytecode },
    { name: 'code on chain', look: contracts.onChain },
    { name: 'registry entry', look: registryEntry },
  ]
}
