/**
 * Circom: circuits compiled in a directory that is removed again, and their witness generators.
 *
 * The generator's interface is that of circom 2 (docs.circom.io, "Computing the witness"): signals are addressed by the
 * 64-bit FNV-1a hash of their name, and elements pass through shared memory in words of 32 bits, lowest first.
 */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { mod } from '../../src/base/field.js'

export type Compiled = {
  /** The files that circom wrote. */
  readonly r1cs: Uint8Array
  readonly sym: string
  /** Every wire for the given inputs; throws where the generator finds none. */
  readonly witness: (inputs: Readonly<Record<string, readonly bigint[]>>) => bigint[]
}

const CIRCOM = join(createRequire(import.meta.url).resolve('circom2'), '../cli.js')

/** Compiles a source that may include the files of `folder`; `options` are circom's own. */
export async function compileCircom(
  folder: string,
  source: string,
  options: readonly string[] = [],
): Promise<Compiled> {
  const directory = await mkdtemp(join(tmpdir(), 'zkonnx-circom-'))
  try {
    // circom's sandbox sees this directory only
    await cp(folder, directory, { recursive: true })
    await writeFile(join(directory, 'main.circom'), source)
    const command = [CIRCOM, 'main.circom', '--r1cs', '--sym', '--wasm', ...options]
    await promisify(execFile)(process.execPath, command, { cwd: directory })
    const [r1cs, sym, wasm] = await Promise.all([
      readFile(join(directory, 'main.r1cs')),
      readFile(join(directory, 'main.sym'), 'utf8'),
      readFile(join(directory, 'main_js', 'main.wasm')),
    ])
    const module = new WebAssembly.Module(wasm)
    return { r1cs, sym, witness: (inputs) => computeWitness(module, inputs) }
  } finally {
    await rm(directory, { recursive: true })
  }
}

type Wasm = object

/** TypeScript declares this global for browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => Wasm
  readonly Instance: new (module: Wasm, imports: object) => { readonly exports: unknown }
}

type Generator = {
  init(sanityCheck: number): void
  getWitnessSize(): number
  getWitness(wire: number): void
  setInputSignal(hashHigh: number, hashLow: number, index: number): void
  readSharedRWMemory(word: number): number
  writeSharedRWMemory(word: number, value: number): void
}

function computeWitness(module: Wasm, inputs: Readonly<Record<string, readonly bigint[]>>) {
  const refuse = (code: number) => {
    throw new Error(`The witness generator gave up with code ${code}.`)
  }
  const ignore = () => {}
  const runtime = {
    exceptionHandler: refuse,
    printErrorMessage: ignore,
    writeBufferMessage: ignore,
    showSharedRWMemory: ignore,
  }
  const generator = new WebAssembly.Instance(module, { runtime }).exports as Generator
  generator.init(1)
  for (const [name, values] of Object.entries(inputs)) {
    const hash = fnv1a(name)
    values.forEach((value, index) => {
      writeShared(generator, mod(value))
      generator.setInputSignal(Number(hash >> 32n) | 0, Number(hash & 0xffffffffn) | 0, index)
    })
  }
  return Array.from({ length: generator.getWitnessSize() }, (_, wire) => {
    generator.getWitness(wire)
    return readShared(generator)
  })
}

function writeShared(generator: Generator, value: bigint): void {
  for (let word = 0; word < 8; word++) {
    generator.writeSharedRWMemory(word, Number((value >> BigInt(32 * word)) & 0xffffffffn) | 0)
  }
}

function readShared(generator: Generator): bigint {
  let value = 0n
  for (let word = 7; word >= 0; word--)
    value = (value << 32n) | BigInt(generator.readSharedRWMemory(word) >>> 0)
  return value
}

function fnv1a(text: string): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn
  return hash
}
