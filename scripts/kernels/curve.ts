/**
 * Sums of points on y^2 = x^3 + b, in affine coordinates: additions come in batches that share one inversion
 * (Montgomery's trick), two of them a register, 6 multiplications each. Spec: the chord and tangent rules.
 *
 * A point in memory is x, y, and for those of a key also the x of its image under the endomorphism (x, y) -> (beta x, y).
 * An entry names a point by its address, a multiple of 8, with two flags: NEGATED, and IMAGE. No point at infinity is ever
 * stored: an entry 0 is one.
 *
 * Traps: the chord rule fails where both have the same x. Keys contain points twice, so each pair is looked at before its
 * difference enters the product; `mend` then does the one pair apart and puts another in its place.
 */

import { i64x2 } from 'wasmati'
import { FLAGS, JOB_BYTES, NEGATED, STATE } from '../../src/prover/groth16/fast/offsets.js'
import {
  type AnyFunc,
  bits,
  count,
  define,
  type Expr,
  type I32,
  int,
  invoke,
  type Locals,
  load,
  long,
  set,
  store,
  type V128,
  when,
  whilst,
} from './code.js'
import { type Field, radixPower } from './field.js'
import type { Coordinates } from './fp2.js'

/** Fixed addresses: two points whose x differ by one, and room for their sum. */
export type Dummies = { readonly first: number; readonly second: number }

export type CurveKernels = {
  readonly importPoints: AnyFunc
  readonly addBatch: AnyFunc
  readonly double: AnyFunc
  readonly round: AnyFunc
}

/** `rare` does the same in less code: what seldom runs is written with it. */
export function curveKernels(
  e: Coordinates,
  rare: Coordinates,
  beta: readonly bigint[],
  dummies: Dummies,
): CurveKernels {
  const { field, bytes } = e
  const point = 2 * bytes
  const betaDigits = field.constant((beta[0]! * field.radix) % field.prime)

  const addressOf = (entry: I32) => int.and(entry, ~FLAGS)
  /** An image's x is behind its y. */
  const addressOfX = (entry: I32) =>
    int.add(int.and(entry, ~FLAGS), int.mul(int.and(int.shr(entry, 1), 1), point))
  /** The field's mask of signs in the lanes whose entries are negated. */
  const signs =
    (low: I32, high: I32): Expr =>
    () => {
      const own = (entry: I32) =>
        long.and(long.sub(long.const(0n), long.extend(int.and(entry, NEGATED))), long.const(field.signMask))
      own(low)()
      i64x2.splat()
      own(high)()
      i64x2.replace_lane(1)
    }

  function loadXs(x: V128[], low: I32, high: I32, scratch: I32[]): void {
    set(scratch[0]!, addressOfX(low))
    set(scratch[1]!, addressOfX(high))
    e.loadPair(x, scratch[0]!, scratch[1]!)
  }

  function loadYs(y: V128[], low: I32, high: I32, scratch: I32[], locals: Locals): void {
    set(scratch[0]!, addressOf(low))
    set(scratch[1]!, addressOf(high))
    e.loadPair(y, scratch[0]!, scratch[1]!, bytes)
    e.negateWhere(y, signs(low, high), locals)
  }

  /**
   * (job, state): a pair whose difference of x may be 0. Where it is, the sum is written, or its entry made 0, and the job
   * becomes one that can do no harm.
   */
  const mend = define(2, ([job, state], locals) => {
    const [a, b, scratch] = [locals.i32(), locals.i32(), locals.i32()]
    const at = [locals.i32(), locals.i32()]
    const [x1, y1, t, slope] = [e.vector(locals), e.vector(locals), e.vector(locals), e.vector(locals)]
    set(a, load.i32(job!, 0))
    set(b, load.i32(job!, 4))
    set(scratch, load.i32(state!, STATE.scratch))
    loadXs(x1, a, a, at)
    loadXs(t, b, b, at)
    rare.sub(t, t, x1)
    rare.reduce(t, locals)
    when(e.isZero(t), () => {
      loadYs(y1, a, a, at, locals)
      loadYs(t, b, b, at, locals)
      rare.sub(t, t, y1)
      rare.reduce(t, locals)
      when(
        e.isZero(t),
        () => {
          rare.square(slope, x1, locals)
          rare.add(t, slope, slope)
          rare.reduce(t, locals)
          rare.add(slope, slope, t)
          rare.reduce(slope, locals)
          rare.add(t, y1, y1)
          rare.reduce(t, locals)
          rare.invert(t, scratch, locals)
          rare.settle(t, locals)
          rare.mul(slope, slope, t, locals)
          addSlope(rare, slope, x1, x1, y1, t, locals)
          e.storeLane(load.i32(job!, 8), t, 0)
          e.storeLane(load.i32(job!, 8), y1, 0, bytes)
        },
        () => store.i32(load.i32(job!, 12), 0),
      )
      store.i32(job!, dummies.first, 0)
      store.i32(job!, dummies.second, 4)
      store.i32(job!, load.i32(state!, STATE.dummy), 8)
    })
  })

  /** x3 into `x3`, and y3 over y1: the third point of the line through (x1, y1), reflected. */
  function addSlope(
    e: Coordinates,
    slope: V128[],
    x1: V128[],
    x2: V128[],
    y1: V128[],
    x3: V128[],
    locals: Locals,
  ): void {
    const square = e.vector(locals)
    e.square(square, slope, locals)
    e.sub(square, square, x1)
    e.sub(x3, square, x2)
    e.reduce(x3, locals)
    e.sub(square, x1, x3)
    e.mul(square, slope, square, locals)
    e.sub(y1, square, y1)
    e.reduce(y1, locals)
  }

  /** (jobs, end, state): an even number of jobs; what they say is added. */
  const addBatch = define(3, ([jobs, end, state], locals) => {
    const [job, prefix, scratch] = [locals.i32(), locals.i32(), locals.i32()]
    const [a0, b0, a1, b1] = [locals.i32(), locals.i32(), locals.i32(), locals.i32()]
    const at = [locals.i32(), locals.i32()]
    const [running, x1, x2, d] = [e.vector(locals), e.vector(locals), e.vector(locals), e.vector(locals)]
    const [y1, y2] = [e.vector(locals), e.vector(locals)]
    const side = 16 * field.limbs * e.parts

    const loadDifference = () => {
      set(a0, load.i32(job, 0))
      set(b0, load.i32(job, 4))
      set(a1, load.i32(job, JOB_BYTES))
      set(b1, load.i32(job, JOB_BYTES + 4))
      loadXs(x1, a0, a1, at)
      loadXs(x2, b0, b1, at)
      e.sub(d, x2, x1)
    }
    set(scratch, load.i32(state!, STATE.scratch))
    set(prefix, load.i32(state!, STATE.prefixes))
    e.one(running)
    set(job, jobs!)
    count(job, end!, 2 * JOB_BYTES, () => {
      loadDifference()
      when(bits.any(e.maybeZero(d, locals)), () => {
        invoke(mend, job, state!)
        invoke(mend, int.add(job, JOB_BYTES), state!)
        loadDifference()
      })
      e.storeBoth(prefix, running)
      set(prefix, int.add(prefix, side))
      e.mul(running, running, d, locals)
      e.settle(running, locals)
    })
    e.invert(running, scratch, locals)
    e.settle(running, locals)
    set(job, end!)
    whilst(int.gt(job, jobs!), () => {
      set(job, int.sub(job, 2 * JOB_BYTES))
      set(prefix, int.sub(prefix, side))
      loadDifference()
      e.loadBoth(y2, prefix)
      e.mul(y2, running, y2, locals)
      e.mul(running, running, d, locals)
      e.settle(running, locals)
      loadYs(y1, a0, a1, at, locals)
      loadYs(d, b0, b1, at, locals)
      e.sub(d, d, y1)
      e.mul(y2, d, y2, locals)
      addSlope(e, y2, x1, x2, y1, d, locals)
      set(at[0]!, load.i32(job, 8))
      set(at[1]!, load.i32(job, JOB_BYTES + 8))
      e.storeLane(at[0]!, d, 0)
      e.storeLane(at[0]!, y1, 0, bytes)
      e.storeLane(at[1]!, d, 1)
      e.storeLane(at[1]!, y1, 1, bytes)
    })
  })

  /** (points, end, state): an even number of sums, one behind the other, each doubled in its place. None has y = 0. */
  const double = define(3, ([points, end, state], locals) => {
    const [at, other, prefix, scratch] = [locals.i32(), locals.i32(), locals.i32(), locals.i32()]
    const [running, x, y] = [rare.vector(locals), rare.vector(locals), rare.vector(locals)]
    const [twice, slope] = [rare.vector(locals), rare.vector(locals)]
    const side = 16 * field.limbs * e.parts
    const loadTwice = () => {
      set(other, int.add(at, point))
      rare.loadPair(y, at, other, bytes)
      rare.add(twice, y, y)
    }
    set(scratch, load.i32(state!, STATE.scratch))
    set(prefix, load.i32(state!, STATE.prefixes))
    rare.one(running)
    set(at, points!)
    count(at, end!, 2 * point, () => {
      loadTwice()
      rare.storeBoth(prefix, running)
      set(prefix, int.add(prefix, side))
      rare.mul(running, running, twice, locals)
      rare.settle(running, locals)
    })
    rare.invert(running, scratch, locals)
    rare.settle(running, locals)
    set(at, end!)
    whilst(int.gt(at, points!), () => {
      set(at, int.sub(at, 2 * point))
      set(prefix, int.sub(prefix, side))
      loadTwice()
      rare.loadBoth(slope, prefix)
      rare.mul(slope, running, slope, locals)
      rare.mul(running, running, twice, locals)
      rare.settle(running, locals)
      rare.loadPair(x, at, other)
      rare.square(twice, x, locals)
      rare.add(x, twice, twice)
      rare.add(twice, x, twice)
      rare.reduce(twice, locals)
      rare.mul(slope, twice, slope, locals)
      rare.loadPair(x, at, other)
      addSlope(rare, slope, x, x, y, twice, locals)
      rare.storeLane(at, twice, 0)
      rare.storeLane(at, y, 0, bytes)
      rare.storeLane(other, twice, 1)
      rare.storeLane(other, y, 1, bytes)
    })
  })

  /** (jobs, end, state): pads to an even number. */
  const flush = define(3, ([jobs, end, state], locals) => {
    const job = locals.i32()
    set(job, end!)
    when(int.and(int.shr(int.sub(end!, jobs!), 4), 1), () => {
      store.i32(job, dummies.first, 0)
      store.i32(job, dummies.second, 4)
      store.i32(job, load.i32(state!, STATE.dummy), 8)
      set(job, int.add(job, JOB_BYTES))
    })
    when(int.ne(job, jobs!), () => invoke(addBatch, jobs!, job, state!))
  })

  /**
   * (starts, ends, buckets, state): adds neighbours of each bucket's list [starts[b], ends[b]) of addresses of entries, and
   * leaves a list of half the length; `pairs` says how many were added. Sums take new room, or that of a summand between
   * `mark` and what is next.
   */
  const round = define(4, ([starts, ends, buckets, state], locals) => {
    const [bucket, from, end, into, waiting, entry, out] = [
      locals.i32(),
      locals.i32(),
      locals.i32(),
      locals.i32(),
      locals.i32(),
      locals.i32(),
      locals.i32(),
    ]
    const [job, jobs, jobsEnd, next, mark, pairs] = [
      locals.i32(),
      locals.i32(),
      locals.i32(),
      locals.i32(),
      locals.i32(),
      locals.i32(),
    ]
    set(jobs, load.i32(state!, STATE.jobs))
    set(jobsEnd, load.i32(state!, STATE.jobsEnd))
    set(next, load.i32(state!, STATE.next))
    set(mark, load.i32(state!, STATE.mark))
    set(job, jobs)
    set(pairs, 0)
    set(bucket, 0)
    count(bucket, int.shl(buckets!, 2), 4, () => {
      set(from, load.i32(int.add(starts!, bucket)))
      set(end, load.i32(int.add(ends!, bucket)))
      set(into, from)
      set(waiting, 0)
      whilst(int.lt(from, end), () => {
        set(entry, load.i32(from))
        set(from, int.add(from, 4))
        when(entryExists(entry), () => {
          when(
            int.isZero(waiting),
            () => set(waiting, entry),
            () => {
              // one of them may be a sum of before, whose room is free now
              const isKept = int.ge(int.sub(out, mark), int.sub(next, mark))
              set(out, waiting)
              when(isKept, () => set(out, addressOf(entry)))
              when(isKept, () => {
                set(out, next)
                set(next, int.add(next, point))
              })
              set(out, int.and(out, ~FLAGS))
              store.i32(job, waiting, 0)
              store.i32(job, entry, 4)
              store.i32(job, out, 8)
              store.i32(job, into, 12)
              store.i32(into, out)
              set(into, int.add(into, 4))
              set(waiting, 0)
              set(pairs, int.add(pairs, 1))
              set(job, int.add(job, JOB_BYTES))
              when(int.ge(job, jobsEnd), () => {
                invoke(flush, jobs, job, state!)
                set(job, jobs)
              })
            },
          )
        })
      })
      when(entryExists(waiting), () => {
        store.i32(into, waiting)
        set(into, int.add(into, 4))
      })
      store.i32(int.add(ends!, bucket), into)
    })
    invoke(flush, jobs, job, state!)
    store.i32(state!, next, STATE.next)
    store.i32(state!, pairs, STATE.pairs)
  })

  /** (source, n, destination): points of a key, their coordinates 256-bit integers times 2^256, none at infinity. */
  const importPoints = define(3, ([source, n, destination], locals) => {
    const [i, x, z] = [locals.i32(), locals.vector(field.limbs), locals.vector(field.limbs)]
    const factor = field.constant(radixPower(field, 2, 256))
    const size = 32 * e.parts
    set(i, 0)
    count(i, n!, 1, () => {
      for (let part = 0; part < e.parts; part++) {
        field.loadIntegers(x, int.add(source!, 32 * part), int.add(source!, size + 32 * part), locals)
        rare.field.mul(x, x, factor, locals)
        rare.field.reduce(x, locals)
        rare.field.mul(z, x, betaDigits, locals)
        rare.field.reduce(z, locals)
        const offset = part * field.bytes
        field.storeLane(destination!, x, 0, offset)
        field.storeLane(destination!, x, 1, bytes + offset)
        field.storeLane(destination!, z, 0, point + offset)
      }
      set(source!, int.add(source!, 2 * size))
      set(destination!, int.add(destination!, 3 * bytes))
    })
  })
  return { importPoints, addBatch, double, round }
}

/**
 * (entries, n, halves, destination): n points in memory as keys have them, coordinates 256-bit integers times 2^256. Of each
 * point so many halves, two elements each: one in G1, two in G2. No entry has a flag.
 */
export function exportKernel(field: Field): AnyFunc {
  return define(4, ([entries, n, halves, destination], locals) => {
    const [i, half, at, x] = [locals.i32(), locals.i32(), locals.i32(), locals.vector(field.limbs)]
    const factor = field.constant(2n ** 256n % field.prime)
    set(i, 0)
    count(i, n!, 1, () => {
      set(at, load.i32(entries!))
      set(half, 0)
      count(half, halves!, 1, () => {
        field.loadPair(x, at, int.add(at, field.bytes), 0)
        field.mul(x, x, factor, locals)
        field.storeIntegers(destination!, x, locals)
        set(destination!, int.add(destination!, 64))
        set(at, int.add(at, 2 * field.bytes))
      })
      set(entries!, int.add(entries!, 4))
    })
  })
}

const entryExists = (entry: I32) => int.ne(entry, 0)
