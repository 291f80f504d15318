/**
 * Circom: circuits compiled in a directory that is removed again, and their witness generators.
 *
 * The generator's interface is that of circom 2 (docs.circom.io, "Computing the witness"): signals are addressed by the
 * 64-bit FNV-1a hash of their name, and elements pass through shared memory in words of 32 bits, lowest first.
 */
import * as fs from 'node:fs'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mod } from '../../src/base/field.js'

export type Compiled = {
  /** The files that circom wrote. */
  readonly r1cs: Uint8Array
  readonly sym: string
  /** Every wire for the given inputs; throws where the generator finds none. */
  readonly witness: (inputs: Readonly<Record<string, readonly bigint[]>>) => bigint[]
}

type Circom = {
  readonly CircomRunner: new (options: {
    readonly args: readonly string[]
    readonly env: object
    /** Circom's names of the directories that it sees. */
    readonly preopens: Readonly<Record<string, string>>
    readonly bindings: object
  }) => { compile(): Promise<object>; execute(): Promise<unknown> }
  readonly bindings: object
}

const require = createRequire(import.meta.url)
const { CircomRunner, bindings }: Circom = require('circom2')
/** Kept, as compiling it is most of the work. */
const COMPILER = new WebAssembly.Module(fs.readFileSync(join(require.resolve('circom2'), '../circom.wasm')))

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
    await runCircom(directory, ['main.circom', '--r1cs', '--sym', '--wasm', ...options])
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

/** In this process: a process of its own would first compile the compiler each time. Throws what circom says. */
async function runCircom(directory: string, args: readonly string[]): Promise<void> {
  let said = ''
  const writeSync = (fd: number, bytes: Uint8Array, offset: number, length: number, at: number | null) => {
    if (fd > 2) return fs.writeSync(fd, bytes, offset, length, at)
    said += Buffer.from(bytes.subarray(offset, offset + length))
    return length
  }
  const circom = new CircomRunner({
    args,
    env: {},
    preopens: { '.': directory },
    bindings: { ...bindings, isTTY: () => false, fs: { ...fs, writeSync } },
  })
  circom.compile = async () => COMPILER
  try {
    await circom.execute()
  } catch (cause) {
    throw new Error(`circom does not compile this:\n${said}`, { cause })
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
