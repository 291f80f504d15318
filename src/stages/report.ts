/** A compiled model's folder as one HTML page for people. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { digestOf, type Manifest, readManifest } from '../artifacts/manifest.js'
import { pathOf } from '../artifacts/paths.js'
import { Structure } from '../artifacts/program-file.js'
import { MissingFileError, readJson, readText, writeAtomic } from '../artifacts/store.js'
import { InternalError } from '../base/errors.js'
import { estimateGas } from '../chain/gas.js'
import { openTrustedKey } from '../prover/open.js'
import type { ChainFacts, Source, Wiring } from '../report/facts.js'
import { NotDeployedError, OtherDeploymentError, readDeployment } from './chain.js'
import { NotRegisteredError, OtherRegistrationError, readRegistration } from './register.js'
import { compare, measuredOn } from './report/compare.js'
import { gatherProofs } from './report/proofs.js'
import { recordedFidelity } from './report/recorded.js'

export type ReportOptions = {
  /** The compiled model's folder. */
  readonly dir: string
  /** The page; by default `report.html` in the folder. */
  readonly out?: string
  /** Folders of proofs; by default all in the folder's `proofs`. */
  readonly proofs?: readonly string[]
  /** The samples that fidelity was measured on: compile's held-out file, or its data. By default they are looked for. */
  readonly data?: string
  /** A path as the page is to name it; by default as it is. */
  readonly show?: (path: string) => string
  readonly onStep?: (step: string) => void
}

export type Reported = {
  readonly path: string
  readonly bytes: number
  /** In the page; and those of them that do not hold. */
  readonly proofs: number
  readonly failing: number
  /** Samples on which the two models were run beside each other; 0 where they were not at hand. */
  readonly compared: number
  /** The file that they are from; undefined where the model was compiled without data. */
  readonly samples: string | undefined
}

/**
 * Verifies the proofs, measures what needs samples, and writes the page.
 * Throws `NotCompiledError`, `OtherSamplesError`, what reading the folder's files throws, and `WriteError`.
 */
export async function report(options: ReportOptions): Promise<Reported> {
  const { dir, out = join(dir, 'report.html'), show = (path) => path, onStep = () => {} } = options
  const manifest = await readManifest(dir)
  const fidelity = recordedFidelity(manifest.fidelity)
  onStep('comparing integers with floats')
  const comparison = await compare(dir, manifest, fidelity, options.data)
  const verificationKey =
    manifest.setup?.verificationKey === undefined ? undefined : await openTrustedKey(dir, manifest)
  const proofs = await gatherProofs(manifest, {
    ...{ dir, show, proofs: options.proofs },
    onProof: (done, all) => onStep(`verifying proof ${done} of ${all}`),
  })
  onStep('drawing')
  // what draws plots takes a third of a second to load, which nothing else should wait for
  const { renderPage } = await import('../report/page.js')
  const page = renderPage(
    {
      ...{
        manifest,
        modelId: digestOf(manifest),
        dir: show(dir),
        fidelity,
        comparison,
        proofs,
        verificationKey,
      },
      wiring: await wiringOf(dir, manifest),
      chain: await chainFacts(dir, manifest),
    },
    await pageScript(),
  )
  await writeAtomic(out, page)
  const failing = proofs.shown.filter(({ valid }) => !valid).length
  const compared = comparison?.samples ?? 0
  const samples = measuredOn(manifest)?.name
  return {
    path: out,
    bytes: Buffer.byteLength(page),
    proofs: proofs.shown.length,
    failing,
    compared,
    samples,
  }
}

/** Built beside the program; the same file from sources and from a build. */
const SCRIPT = fileURLToPath(new URL('../../dist/browser/report.js', import.meta.url))

async function pageScript(): Promise<string> {
  return readText(SCRIPT).catch((cause: unknown) => {
    throw new InternalError("The page's script was not built.", { cause, details: [SCRIPT] })
  })
}

/** Which layer reads what; undefined without the program, or with that of another build. */
async function wiringOf(dir: string, { layers }: Manifest): Promise<Wiring | undefined> {
  const program = await readJson(pathOf(dir, 'program'), Structure).catch((error: unknown) => {
    if (error instanceof MissingFileError) return undefined
    throw error
  })
  if (program === undefined || program.nodes.length !== layers.length) return undefined
  const made = new Map<number, Source>([
    ...program.inputs.map(({ name, tensor }) => [tensor, { input: name }] as const),
    ...program.nodes.map(({ output }, layer) => [output, { layer }] as const),
  ])
  return {
    layers: program.nodes.map(({ inputs }) => inputs.flatMap((tensor) => made.get(tensor) ?? [])),
    outputs: program.outputs.flatMap(({ name, tensor }) => {
      const from = made.get(tensor)
      return from === undefined ? [] : [{ name, from }]
    }),
  }
}

/** What the folder says of chains; of an earlier build's contracts it says nothing that is true of this one. */
async function chainFacts(dir: string, { statement, scheme }: Manifest): Promise<ChainFacts> {
  const absent = [NotDeployedError, OtherDeploymentError, NotRegisteredError, OtherRegistrationError]
  const unlessAbsent = (error: unknown) => {
    if (absent.some((kind) => error instanceof kind)) return undefined
    throw error
  }
  const deployment = await readDeployment(dir).catch(unlessAbsent)
  const contract = (what: 'verifier' | 'record') => {
    const { gas, ...place } = deployment![what]
    return { what, ...place, gas: Number(gas) }
  }
  return {
    deployment: deployment && {
      chainId: deployment.chainId,
      embedded: deployment.embedded,
      forgeable: deployment.forgeable === true,
      contracts: [contract('verifier'), contract('record')],
    },
    registration: await readRegistration(dir).catch(unlessAbsent),
    gas: estimateGas(statement, scheme),
  }
}
