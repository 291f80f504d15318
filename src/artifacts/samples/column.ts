/** Arrays of a file that are read step by step of their first axis, so that memory does not grow with their length. */
import type { BaseError } from '../../base/errors.js'
import type { Shape } from '../../base/tensor.js'
import type { Samples } from './source.js'

/** An array of the file, before anything of it is read. Arrays that nobody asks for may hold anything. */
export type Column = {
  /** As messages name it, e.g. `data.npz, array "x"`. */
  readonly label: string
  /** Undefined where it can only be read as a whole. Throws what the file's kind throws. */
  open(): Promise<OpenColumn | undefined>
}

export type OpenColumn = {
  /** The first extent is how many steps there are. */
  readonly shape: Shape
  /**
   * The numbers of each step, row-major, or what is wrong with them. May be asked for again.
   * Throws where the file is damaged, so that nothing can be said of what follows.
   */
  steps(): AsyncGenerator<Float64Array | BaseError>
  /** The place of the element at `offset` of the whole array, in the words of the file's kind. */
  where(offset: number): string
}

/** What a file holds, to be read step by step. */
export type Columns = Samples<Column>
