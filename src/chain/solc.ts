/**
 * The only door to solc, the Solidity compiler as WebAssembly.
 *
 * The settings are fixed: the same sources give the same code on any machine, so that code on a chain can be compared
 * with a build. Trap: loading solc adds a process-wide handler that turns unhandled rejections into crashes with its
 * own minified source in the message; it is taken off again.
 */
import { createRequire } from 'node:module'
import { canonicalJson, sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import type { Hex } from './types.js'

/** Source text by import path. */
export type Sources = Readonly<Record<string, string>>

export type CompiledContract = {
  /** As Solidity's JSON ABI has it. */
  readonly abi: readonly AbiItem[]
  /** Creation code, without constructor arguments. */
  readonly bytecode: Hex
  /** Code on the chain, with zeros in the place of immutables. */
  readonly runtime: Hex
  /** Where in it immutables stand, which a constructor fills in; in bytes. */
  readonly immutables: readonly { readonly start: number; readonly length: number }[]
}

export type AbiItem = { readonly type: string; readonly name?: string }

const require = createRequire(import.meta.url)

/** Of the compiler that this package comes with. */
export const SOLC_VERSION: string = require('solc/package.json').version

const SETTINGS = {
  optimizer: { enabled: true, runs: 200 },
  viaIR: true,
  evmVersion: 'cancun',
  metadata: { appendCBOR: false, bytecodeHash: 'none' },
  outputSelection: {
    '*': {
      '*': [
        'abi',
        'evm.bytecode.object',
        'evm.deployedBytecode.object',
        'evm.deployedBytecode.immutableReferences',
      ],
    },
  },
} as const

/**
 * Every contract of the sources, by name. Takes about a second, and blocks for as long.
 * Throws `SolidityError` with the compiler's own messages; warnings are errors too.
 */
export function compileSolidity(sources: Sources): ReadonlyMap<string, CompiledContract> {
  const content = Object.fromEntries(Object.entries(sources).map(([path, text]) => [path, { content: text }]))
  const input = JSON.stringify({ language: 'Solidity', sources: content, settings: SETTINGS })
  const output = JSON.parse(loadCompiler().compile(input)) as Output
  const messages = (output.errors ?? []).filter((error) => error.severity !== 'info')
  if (messages.length > 0) throw new SolidityError(messages.map((error) => error.formattedMessage))
  const contracts = new Map<string, CompiledContract>()
  for (const file of Object.values(output.contracts ?? {})) {
    for (const [name, { abi, evm }] of Object.entries(file)) {
      contracts.set(name, {
        abi,
        bytecode: `0x${evm.bytecode.object}`,
        runtime: `0x${evm.deployedBytecode.object}`,
        immutables: Object.values(evm.deployedBytecode.immutableReferences ?? {}).flat(),
      })
    }
  }
  return contracts
}

/** Of all that the code depends on: sources, settings, and the compiler. */
export function compilationDigest(sources: Sources): string {
  return sha256(canonicalJson({ sources, settings: SETTINGS, version: SOLC_VERSION }))
}

type Compiler = { compile(input: string): string }

type Output = {
  errors?: { severity: string; formattedMessage: string }[]
  contracts?: Record<
    string,
    Record<
      string,
      {
        abi: AbiItem[]
        evm: {
          bytecode: { object: string }
          deployedBytecode: {
            object: string
            immutableReferences?: Record<string, { start: number; length: number }[]>
          }
        }
      }
    >
  >
}

let compiler: Compiler | undefined

// loaded without a pause, so that any handler which appears meanwhile is solc's
function loadCompiler(): Compiler {
  if (compiler !== undefined) return compiler
  const events = ['uncaughtException', 'unhandledRejection'] as const
  const before = events.map((event) => process.listeners(event as 'uncaughtException'))
  compiler = require('solc') as Compiler
  events.forEach((event, index) => {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (!before[index]!.includes(listener)) process.off(event, listener)
    }
  })
  return compiler
}

export class SolidityError extends BaseError {
  override name = 'Chain.SolidityError'
  constructor(readonly messages: readonly string[]) {
    super('The Solidity compiler refused the contracts.', {
      details: messages.flatMap((message) => message.trimEnd().split('\n')),
      fault: 'internal',
    })
  }
}
