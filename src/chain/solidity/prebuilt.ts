/**
 * The compiled contracts that all models share. A package has them compiled, with the digest of their sources and of the
 * compiler's settings; where that is another, or there are none, they are compiled now, which takes seconds.
 */
import { readFile } from 'node:fs/promises'
import { InternalError } from '../../base/errors.js'
import { type CompiledContract, compilationDigest, compileSolidity, type Sources } from '../solc.js'
import type { Hex } from '../types.js'
import { boardSources } from './board-contracts.js'
import { sharedVerifier } from './model-contracts.js'

const SOURCES = {
  Groth16Verifier: () => sharedVerifier('Groth16Verifier'),
  Groth16LookupVerifier: () => sharedVerifier('Groth16LookupVerifier'),
  ModelRegistry: boardSources,
  PredictionLedger: boardSources,
  PredictionBoard: boardSources,
} as const

export type CommonName = keyof typeof SOURCES

export const COMMON_NAMES = Object.keys(SOURCES) as readonly CommonName[]

/** What `commonContract` looks for in a package: `NAME.json` of these beside the contracts' ABI. */
export type Prebuilt = { readonly digest: string; readonly bytecode: Hex }

/** The creation code of one of them. */
export async function commonContract(name: CommonName): Promise<Prebuilt> {
  const sources = await SOURCES[name]()
  const digest = compilationDigest(sources)
  return (await prebuilt(name, digest)) ?? compileCommon(name)
}

/**
 * The same, compiled now by `compile`. Its address follows from its code to the byte, and what else is compiled along
 * with it may change that: so it is compiled with these sources and no others.
 */
export async function compileCommon(name: CommonName, compile: Compile = compileOnce): Promise<Prebuilt> {
  const sources = await SOURCES[name]()
  const compiled = compile(sources).get(name)
  if (compiled === undefined) throw new InternalError(`The compiler gave no contract ${name}.`)
  return { digest: compilationDigest(sources), bytecode: compiled.bytecode }
}

type Compile = (sources: Sources) => ReadonlyMap<string, CompiledContract>

async function prebuilt(name: CommonName, digest: string): Promise<Prebuilt | undefined> {
  const file = new URL(`../../contracts/${name}.json`, import.meta.url)
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const found = JSON.parse(text) as Prebuilt
  return found.digest === digest ? found : undefined
}

const done = new Map<string, ReadonlyMap<string, CompiledContract>>()

/** Once a process. */
function compileOnce(sources: Sources): ReadonlyMap<string, CompiledContract> {
  const digest = compilationDigest(sources)
  const before = done.get(digest)
  if (before !== undefined) return before
  const contracts = compileSolidity(sources)
  done.set(digest, contracts)
  return contracts
}
