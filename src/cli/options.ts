/** Options that several commands share, and how their texts become values. */
import { existsSync, readFileSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'
import {
  type Choice,
  INPUT_VISIBILITIES,
  type InputVisibility,
  OUTPUT_VISIBILITIES,
  type OutputVisibility,
} from '../artifacts/disclosure.js'
import { P } from '../base/field.js'
import { isAddress, parseEther } from '../chain/provider.js'
import type { Hex } from '../chain/types.js'
import { namesIn } from '../onnx/class-names.js'
import type { Dims } from '../onnx/dims.js'
import type { BackendChoice } from '../prover/backend.js'
import type { DeclaredDomain } from '../quantize/domain.js'
import type { Fix } from '../stages/fixed.js'

export function parseCount(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('Give a whole number above 0.')
  return value
}

export function parseBits(text: string): number | 'auto' {
  return text === 'auto' ? text : parseCount(text)
}

/** `0.5` or `0.5%` as the share 0.005. */
export function parsePercent(text: string): number {
  const value = Number(text.replace(/\s*%$/, ''))
  if (!(value >= 0 && value <= 100) || text.trim() === '') {
    throw new InvalidArgumentError('Give a percentage from 0 to 100.')
  }
  return value / 100
}

/** `batch=1`, or an input's whole shape as `image=1x3x32x32`, collected. */
export function collectDim(text: string, before: Dims): Dims {
  const [, name, extents] = /^(.+)=(\d+(?:x\d+)*)$/.exec(text) ?? []
  if (name === undefined)
    throw new InvalidArgumentError('Give NAME=EXTENT, e.g. batch=1, or INPUT=SHAPE, e.g. x=1x3x32x32.')
  const values = extents!.split('x').map(parseCount)
  return { ...before, [name]: values.length === 1 ? values[0]! : values }
}

/** `image=0,1`, collected; real numbers. */
export function collectDomain(
  text: string,
  before: Record<string, DeclaredDomain>,
): Record<string, DeclaredDomain> {
  const [, name, lo, hi] = /^(.+)=([^,]+),([^,]+)$/.exec(text) ?? []
  const bounds = { lo: Number(lo), hi: Number(hi) }
  if (name === undefined || !Number.isFinite(bounds.lo) || !Number.isFinite(bounds.hi)) {
    throw new InvalidArgumentError('Give NAME=LEAST,GREATEST in real numbers, e.g. image=0,1.')
  }
  return { ...before, [name]: bounds }
}

/** `axes`, whose value is taken from the samples, or `axes=[0, 1]`, collected. */
export function collectFix(text: string, before: Readonly<Record<string, Fix>>): Record<string, Fix> {
  const [, name, json] = /^([^=]+)(?:=(.*))?$/s.exec(text) ?? []
  if (name === undefined) throw new InvalidArgumentError('Give NAME, or NAME=VALUE, e.g. axes=[0,1].')
  return { ...before, [name]: json === undefined ? 'from data' : parseValue(json) }
}

function parseValue(json: string): Fix {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value === 'number' || typeof value === 'boolean' || Array.isArray(value)) return value
  } catch {
    // not JSON: told below
  }
  throw new InvalidArgumentError('Give a number, true, false, or numbers in brackets, e.g. axes=[0,1].')
}

export function collectText(text: string, before: readonly string[]): string[] {
  return [...before, text]
}

/** `cat,dog,bird`, or a file: a list in JSON, or a name a line. */
export function parseClasses(text: string): string[] {
  if (text.includes(',') && !existsSync(text)) return text.split(',').map((name) => name.trim())
  const names = namesIn(readOrRefuse(text))
  if (names === undefined)
    throw new InvalidArgumentError('The file does not hold two or more different names, one a line.')
  return names
}

function readOrRefuse(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new InvalidArgumentError('Give names between commas, or a file that can be read.')
  }
}

export const JSON_OPTION = ['--json', 'print one JSON value on stdout, progress on stderr'] as const

/** A whole number of any size, not negative. */
export function parseInteger(text: string): bigint {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number, 0 or above.')
  return BigInt(text)
}

/** `hashed` for all ports, or `NAME=hashed` for one, collected. */
export function collectInputs(text: string, before?: Choice<InputVisibility>): Choice<InputVisibility> {
  return collectChoice(text, before, INPUT_VISIBILITIES)
}

export function collectShow(text: string, before?: Choice<OutputVisibility>): Choice<OutputVisibility> {
  return collectChoice(text, before, OUTPUT_VISIBILITIES)
}

function collectChoice<V extends string>(
  text: string,
  before: Choice<V> | undefined,
  allowed: readonly V[],
): Choice<V> {
  const [, name, chosen = text] = /^(.+)=([^=]+)$/.exec(text) ?? []
  const visibility = allowed.find((one) => one === chosen)
  if (visibility === undefined)
    throw new InvalidArgumentError(`Give one of ${allowed.join(', ')}, or NAME=one of them.`)
  if (name === undefined) return visibility
  return { ...(typeof before === 'object' ? before : {}), [name]: visibility } as Choice<V>
}

/** `score=0.5`, collected. */
export function collectClaim(text: string, before: Record<string, number>): Record<string, number> {
  const [, name, number] = /^(.+)=([^=]+)$/.exec(text) ?? []
  if (name === undefined || !Number.isFinite(Number(number)) || number!.trim() === '') {
    throw new InvalidArgumentError('Give OUTPUT=NUMBER, e.g. score=0.5.')
  }
  return { ...before, [name]: Number(number) }
}

/** A decimal or 0x-hexadecimal field element. */
export function parseSalt(text: string): bigint {
  if (!/^(0x[0-9a-fA-F]+|\d+)$/.test(text))
    throw new InvalidArgumentError('Give a whole number, decimal or as 0x....')
  const salt = BigInt(text)
  if (salt >= P) throw new InvalidArgumentError('Give a number below the order of the field.')
  return salt
}

/** A whole number that fits 32 bits, not negative. */
export function parseSeed(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value >= 2 ** 32)
    throw new InvalidArgumentError('Give a whole number from 0 to 2^32 - 1.')
  return value
}

/** An address with a right checksum, or with none. */
export function parseAddress(text: string): string {
  if (!isAddress(text) || !text.startsWith('0x'))
    throw new InvalidArgumentError('Give an address: 0x and 40 hexadecimal digits.')
  return text
}

export function parseRequestId(text: string): Hex {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text))
    throw new InvalidArgumentError("Give a request's id: 0x and 64 hexadecimal digits.")
  return text.toLowerCase() as Hex
}

/** `0.01` ether in wei. */
export function parseEtherAmount(text: string): bigint {
  if (!/^\d+(\.\d{1,18})?$/.test(text)) throw new InvalidArgumentError('Give an amount in ether, e.g. 0.01.')
  return parseEther(text)
}

/** A number of up to 256 bits, in decimal or as 0x.... */
export function parseWord(text: string): bigint {
  if (!/^(0x[0-9a-fA-F]{1,64}|\d{1,78})$/.test(text) || BigInt(text) >> 256n !== 0n)
    throw new InvalidArgumentError('Give a number of at most 256 bits, in decimal or as 0x....')
  return BigInt(text)
}

/** `snarkjs`, `zkonnx`, or `rapidsnark=PATH`. */
export function parseBackend(text: string): BackendChoice {
  if (text === 'snarkjs' || text === 'zkonnx') return { name: text }
  const [, path] = /^rapidsnark=(.+)$/s.exec(text) ?? []
  if (path === undefined) throw new InvalidArgumentError('Give snarkjs, zkonnx, or rapidsnark=PATH.')
  return { name: 'rapidsnark', path }
}

export const PROVER_OPTION = [
  '--prover <name>',
  'zkonnx (the default), snarkjs, or rapidsnark=PATH of its program',
  parseBackend,
] as const
