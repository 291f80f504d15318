/** What the readers of sample files agree on: arrays of numbers that can say where in the file a number stands. */
import type { Shape } from '../../base/tensor.js'

/** Row-major. */
export type NumericArray = {
  readonly shape: Shape
  readonly data: Float64Array
}

/** An array of the file. It is decoded when it is read, so that arrays nobody asks for may hold anything. */
export type Source = {
  /** As messages name it, e.g. `data.npz, array "x"`. */
  readonly label: string
  read(): NumericArray
  /** The place of the element at `offset` in the words of the file's kind, e.g. `line 7, column "width"`. */
  where(offset: number): string
}

/** What a sample file holds, before a model says which arrays are its inputs. */
export type Samples<Held = Source> = {
  readonly file: string
  /** By name, in the file's order. */
  readonly named: ReadonlyMap<string, Held>
  /** Arrays that go to the model's inputs in order, where the file has such. */
  readonly positional: readonly Held[]
  /** Whether a positional array may be several samples laid end to end (EZKL's calibration files). */
  readonly endToEnd: boolean
  /** The array of labels, unless a model has an input of that name. */
  readonly labels: string | undefined
}

/** Names under which labels are looked for, the first that is there counts. */
export const LABEL_NAMES = ['y', 'label', 'labels', 'target', 'class'] as const
