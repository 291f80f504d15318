/**
 * Contracts of tests, compiled together with the board's. Compiling takes ten seconds of a core, so the result is kept
 * under the digest of everything that goes into it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { canonicalJson, sha256 } from '../../src/base/digest.js'
import { type CompiledContract, compileSolidity, type Sources } from '../../src/chain/solc.js'

const CACHE = new URL('../../.cache/solidity/', import.meta.url)
const CONTRACTS = new URL('../contracts/', import.meta.url)

export function testContracts(): Sources {
  const files = readdirSync(CONTRACTS).map((file) => {
    return [`test/${file}`, readFileSync(new URL(file, CONTRACTS), 'utf8')] as const
  })
  return Object.fromEntries(files)
}

export function compileCached(sources: Sources): ReadonlyMap<string, CompiledContract> {
  const compiler = readFileSync(new URL('../../src/chain/solc.ts', import.meta.url))
  const { version } = createRequire(import.meta.url)('solc/package.json') as { version: string }
  const digest = sha256(compiler, version, canonicalJson(sources)).slice('sha256:'.length)
  const file = new URL(`${digest}.json`, CACHE)
  if (existsSync(file)) return new Map(JSON.parse(readFileSync(file, 'utf8')))
  const contracts = compileSolidity(sources)
  mkdirSync(CACHE, { recursive: true })
  const part = new URL(`${digest}.${process.pid}.part`, CACHE)
  writeFileSync(part, JSON.stringify([...contracts]))
  renameSync(part, file)
  return contracts
}
