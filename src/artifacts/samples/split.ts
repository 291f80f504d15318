/** The fixed rule that parts samples into those that ranges are taken from and those that fidelity is measured on. */
import type { SampleSet } from './bind.js'

export type Split = {
  readonly calibration: SampleSet
  /** Empty when there are fewer than three samples. */
  readonly heldOut: SampleSet
}

/**
 * Every third sample, counted in the file's order (the third, the sixth, ...), is held out. It needs no randomness, so
 * that everyone gets the same parts, and it keeps the classes' shares in shuffled and in sorted files.
 *
 * Trap: in a file that repeats with a period of three, one part misses a kind of sample; give a held-out file then.
 */
export function split(set: SampleSet): Split {
  return { calibration: pick(set, (k) => k % 3 !== 2), heldOut: pick(set, (k) => k % 3 === 2) }
}

/** The first `count` samples, or all of them where there are fewer. */
export function take(set: SampleSet, count: number): SampleSet {
  return pick(set, (k) => k < count)
}

function pick(set: SampleSet, wanted: (index: number) => boolean): SampleSet {
  return {
    file: set.file,
    rows: set.rows.filter((_, k) => wanted(k)),
    labels: set.labels?.filter((_, k) => wanted(k)),
    places: set.places.filter((_, k) => wanted(k)),
    where: set.where,
  }
}
