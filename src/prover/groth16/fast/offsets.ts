/** What the kernels and their callers agree on; scripts/kernels writes the kernels by it. */

export type KernelName =
  | 'importG1'
  | 'roundG1'
  | 'doubleG1'
  | 'importG2'
  | 'exportPoints'
  | 'roundG2'
  | 'prepare'
  | 'countDigits'
  | 'placeDigits'
  | 'down'
  | 'up'
  | 'downLast'
  | 'upFirst'
  | 'halve'
  | 'multiply'
  | 'scale'
  | 'join'
  | 'evaluate'
  | 'importCoefficients'
  | 'importElements'

/** Flags of an entry, which names a point by its address: it counts negated; or as its image under the endomorphism. */
export const NEGATED = 1
export const IMAGE = 2
export const FLAGS = NEGATED | IMAGE

/** Of a job: the addresses of both summands' entries, of the sum, and of the list's place that names the sum. */
export const JOB_BYTES = 16

/** Of half a scalar. */
export const HALF_BYTES = 16

/** Of an entry of a sparse matrix: the place of its sum, and of its wire. */
export const ENTRY_BYTES = 8

/** Of a round's state. */
export const STATE = {
  jobs: 0,
  jobsEnd: 4,
  next: 8,
  mark: 12,
  prefixes: 16,
  scratch: 20,
  pairs: 24,
  dummy: 28,
  bytes: 32,
}

/** Of what `prepare` is told (first the address of the points, in the place of the first count) and answers. */
export const TOLD = { biasLow: 0, biasHigh: 8, narrow: 16, wide: 24, narrowCount: 28, bytes: 32 }
