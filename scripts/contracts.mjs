/**
 * What a build adds for those who call the hand-written contracts: for each of them dist/contracts/NAME.js with
 * its ABI and creation code, and NAME.d.ts with both as literal types, which viem and abitype read calls out of. For
 * those that all models share, NAME.json spares `zkonnx register` the compilation.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compilationDigest, compileSolidity } from '../dist/chain/solc.js'
import { COMMON_NAMES, compileCommon } from '../dist/chain/solidity/prebuilt.js'

const FROM = new URL('../contracts/', import.meta.url)
const TO = new URL('../dist/contracts/', import.meta.url)
const DONE = new URL('.digest', TO)

const files = readdirSync(FROM, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.sol'))
  .sort()
const sources = Object.fromEntries(
  files.map((path) => [`zkonnx/contracts/${path}`, readFileSync(new URL(path, FROM), 'utf8')]),
)
const digest = compilationDigest(sources)
if (!isThere(digest)) await write()

/** Compiling takes half a minute, and most builds change no contract. */
function isThere(digest) {
  return existsSync(DONE) && readFileSync(DONE, 'utf8') === digest
}

async function write() {
  mkdirSync(TO, { recursive: true })
  const shared = new Map()
  for (const name of COMMON_NAMES) {
    const prebuilt = await compileCommon(name)
    writeFileSync(new URL(`${name}.json`, TO), `${JSON.stringify(prebuilt)}\n`)
    shared.set(name, prebuilt.bytecode)
  }
  for (const [name, { abi, bytecode }] of compileSolidity(sources)) {
    // the very code that stands at the address which all chains share
    const [list, code] = [JSON.stringify(abi), JSON.stringify(shared.get(name) ?? bytecode)]
    writeFileSync(new URL(`${name}.js`, TO), `export const abi = ${list}\nexport const bytecode = ${code}\n`)
    writeFileSync(
      new URL(`${name}.d.ts`, TO),
      `export declare const abi: ${readonly(abi)}\nexport declare const bytecode: \`0x\${string}\`\n`,
    )
  }
  writeFileSync(DONE, digest)
  process.stderr.write(`contracts in ${fileURLToPath(TO)}\n`)
}

/** A JSON value as the literal type that `as const` would give it. */
function readonly(value) {
  if (Array.isArray(value)) return `readonly [${value.map(readonly).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).map(
    ([key, field]) => `readonly ${JSON.stringify(key)}: ${readonly(field)}`,
  )
  return `{ ${fields.join('; ')} }`
}
