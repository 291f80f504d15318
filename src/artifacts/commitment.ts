/**
 * Commitments to integers: a chain of Poseidon digests over their packing, the same inside and outside a circuit.
 *
 * state_0 = kind + 2^8 * width + 2^16 * count + 2^48 * salted, as one element; the elements are the salt, where there is
 * one, then the packed integers, each as the unsigned value - lo; state_(k+1) = Poseidon(state_k, the next up to 15
 * elements). Kind, width and count stand first and fix the number of elements, so no commitment opens as another shape.
 *
 * A model's integers stand in sections of several widths, each packed for itself. The chain then first takes one element
 * a section, width + 2^8 * count + 2^40 * (lo + 2^52), 15 at a time, before salt and integers.
 */
import { BaseError } from '../base/errors.js'
import { CAPACITY_BITS } from '../base/field.js'
import { EXACT_LIMIT } from '../base/integers.js'
import { poseidon } from '../base/poseidon.js'

/** What the integers are: so that a commitment to one thing is never taken for another. */
export type CommitmentKind = 'input' | 'output' | 'model'

/** A run of integers, packed for itself. */
export type Section = {
  /** Bits of each integer less `lo`. */
  readonly width: number
  readonly count: number
  readonly lo: number
}

export type CommitmentShape = Section & {
  readonly kind: CommitmentKind
  readonly salted: boolean
  /** Of a model: its integers part by part. Width, count and lo are then the widest, all, and the least. */
  readonly sections?: readonly Section[] | undefined
}

const KINDS: Readonly<Record<CommitmentKind, bigint>> = { input: 1n, output: 2n, model: 3n }

/** Elements beside the state that one digest takes. */
export const BLOCK = 15

/** Integers of a width that one field element holds. */
export function perElement(width: number): number {
  return Math.floor(CAPACITY_BITS / width)
}

/** The state that the chain begins with. */
export function initialState({ kind, width, count, salted, sections = [] }: CommitmentShape): bigint {
  const header = KINDS[kind] + (BigInt(width) << 8n) + (BigInt(count) << 16n) + ((salted ? 1n : 0n) << 48n)
  return absorb(header, sections.map(describeSection))
}

function describeSection({ width, count, lo }: Section): bigint {
  return BigInt(width) + (BigInt(count) << 8n) + (BigInt(lo + EXACT_LIMIT) << 40n)
}

function absorb(start: bigint, elements: readonly bigint[]): bigint {
  let state = start
  for (let at = 0; at < elements.length; at += BLOCK)
    state = poseidon([state, ...elements.slice(at, at + BLOCK)])
  return state
}

/** The shape of a commitment to integers in several sections. */
export function sectionedShape(
  kind: CommitmentKind,
  sections: readonly Section[],
  salted: boolean,
): CommitmentShape {
  return {
    kind,
    width: Math.max(...sections.map(({ width }) => width)),
    count: sections.reduce((sum, { count }) => sum + count, 0),
    lo: Math.min(...sections.map(({ lo }) => lo)),
    salted,
    sections,
  }
}

/** Throws `CommitmentError` for integers outside the shape, or a salt where there is none or too few. */
export function commit(shape: CommitmentShape, values: ArrayLike<number>, salt?: bigint): bigint {
  return absorb(initialState(shape), [...saltOf(shape, salt), ...packed(shape, values)])
}

/** A commitment to elements that are packed already, section by section. Throws `CommitmentError` as `commit` does. */
export function commitPacked(shape: CommitmentShape, elements: readonly bigint[], salt?: bigint): bigint {
  return absorb(initialState(shape), [...saltOf(shape, salt), ...elements])
}

function saltOf({ salted }: CommitmentShape, salt: bigint | undefined): bigint[] {
  if (salted !== (salt !== undefined)) {
    throw new CommitmentError(salted ? 'a salt is needed' : 'a salt was given, but the shape has none')
  }
  return salt === undefined ? [] : [salt]
}

function packed(section: Section, values: ArrayLike<number>): bigint[] {
  return packSection(section, values, perElement(section.width))
}

/** `each` integers to an element, the first in the lowest bits. Throws `CommitmentError` for integers outside. */
export function packSection(
  { width, count, lo }: Section,
  values: ArrayLike<number>,
  each: number,
): bigint[] {
  if (values.length !== count) throw new CommitmentError(`${values.length} integers were given, not ${count}`)
  const elements = new Array<bigint>(Math.ceil(count / each)).fill(0n)
  for (let i = 0; i < count; i++) {
    const value = values[i]! - lo
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** width) {
      throw new CommitmentError(`integer ${i} is ${values[i]}, outside [${lo}, ${lo + 2 ** width - 1}]`)
    }
    elements[Math.floor(i / each)]! += BigInt(value) << BigInt(width * (i % each))
  }
  return elements
}

export class CommitmentError extends BaseError {
  override name = 'Commitment.CommitmentError'
  constructor(problem: string) {
    super(`The commitment cannot be computed: ${problem}.`, {
      hint: 'give the integers that the model computes with, and the salt that the proof was made with',
    })
  }
}
