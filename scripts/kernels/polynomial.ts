/**
 * Transforms over the scalar field, and what a quotient of polynomials needs around them. Two elements next to each other
 * share a register set: limb j of elements 2i and 2i + 1 is at 16 * (limbs * i + j).
 *
 * No order is ever reversed: `down` takes values in order to their transform in bit-reversed order (Cooley and Tukey's
 * butterfly), `up` takes such an order back (Gentleman and Sande's). The butterflies of a block share a twiddle, and the
 * twiddles of every stage and size are the first entries of one table: root^bitreverse(i), by blocks.
 */

import { ENTRY_BYTES } from '../../src/prover/groth16/fast/offsets.js'
import {
  assign,
  count,
  define,
  type Expr,
  type I32,
  type Int,
  int,
  type Locals,
  load,
  set,
  type V128,
  whilst,
} from './code.js'
import { type Field, radixPower } from './field.js'

/** `rare` does the same in less code: what is a small part of a proof is written with it. */
export function polynomialKernels(field: Field, rare: Field) {
  /** Of two elements side by side. */
  const pairBytes = 16 * field.limbs
  const vectors = (count: number, locals: Locals) =>
    Array.from({ length: count }, () => locals.vector(field.limbs))
  const { splat, lows, highs } = field
  const elementAt = (base: Int, index: Int): Expr =>
    int.add(base, int.add(int.mul(int.shr(index, 1), pairBytes), int.mul(int.and(index, 1), field.laneBytes)))

  /**
   * Two stages over blocks of 4 * quarter pairs, from block number `from` on: the body combines a, b, c and d, a quarter
   * apart, with the block's twiddle and those of its halves.
   */
  const twoStages = (combine: (quad: Quad, twiddles: readonly V128[][], x: V128[], locals: Locals) => void) =>
    define(5, ([values, quarter, blocks, from, table], locals) => {
      const [block, i, end, step] = [locals.i32(), locals.i32(), locals.i32(), locals.i32()]
      const places = [i, locals.i32(), locals.i32(), locals.i32()]
      const twiddles = vectors(3, locals)
      const [x, ...quad] = vectors(5, locals) as [V128[], ...V128[][]]
      set(step, int.mul(quarter!, pairBytes))
      set(i, values!)
      set(block, from!)
      set(blocks!, int.add(from!, blocks!))
      count(block, blocks!, 1, () => {
        splat(twiddles[0]!, elementAt(table!, block))
        splat(twiddles[1]!, elementAt(table!, int.shl(block, 1)))
        splat(twiddles[2]!, elementAt(table!, int.add(int.shl(block, 1), 1)))
        set(end, int.add(i, step))
        whilst(int.lt(i, end), () => {
          for (let k = 1; k < 4; k++) set(places[k]!, int.add(places[k - 1]!, step))
          quad.forEach((element, k) => void field.loadBoth(element, places[k]!))
          combine(quad as unknown as Quad, twiddles, x, locals)
          quad.forEach((element, k) => {
            field.reduce(element, locals)
            field.storeBoth(places[k]!, element)
          })
          set(i, int.add(i, pairBytes))
        })
        set(i, int.add(i, int.mul(step, 3)))
      })
    })

  /** a, b = a + t b, a - t b */
  const spread = (by: Field, a: V128[], b: V128[], t: V128[], x: V128[], locals: Locals) => {
    by.mul(x, b, t, locals)
    by.sub(b, a, x)
    by.add(a, a, x)
  }
  /** a, b = a + b, (a - b) t */
  const gather = (by: Field, a: V128[], b: V128[], t: V128[], x: V128[], locals: Locals) => {
    by.sub(x, a, b)
    by.add(a, a, b)
    by.mul(b, x, t, locals)
  }

  /** The two stages within groups of two pairs, whose inner twiddles are one a lane. */
  const innermost = (combine: (pairs: Inner, locals: Locals) => void) =>
    define(4, ([values, groups, from, table], locals) => {
      const [group, i] = [locals.i32(), locals.i32()]
      const [p, q, u, v, outer, inner, x] = vectors(7, locals) as [
        V128[],
        V128[],
        V128[],
        V128[],
        V128[],
        V128[],
        V128[],
      ]
      set(i, values!)
      set(group, from!)
      set(groups!, int.add(from!, groups!))
      count(group, groups!, 1, () => {
        field.loadBoth(p, i)
        field.loadBoth(q, int.add(i, pairBytes))
        splat(outer, elementAt(table!, group))
        field.loadBoth(inner, int.add(table!, int.mul(group, pairBytes)))
        combine({ p, q, u, v, outer, inner, x }, locals)
        rare.reduce(p, locals)
        field.storeBoth(i, p)
        rare.reduce(q, locals)
        field.storeBoth(int.add(i, pairBytes), q)
        set(i, int.add(i, 2 * pairBytes))
      })
    })
  const zip = (out: readonly V128[], lanes: Field['lows'], a: readonly V128[], b: readonly V128[]) =>
    assign(out, (j) => lanes(a[j]!, b[j]!))

  /** Runs over `pairs` pairs of arrays of them. */
  const pointwise = (
    inputs: number,
    body: (addresses: I32[], locals: Locals, elements: V128[][]) => void,
    outBytes: number,
  ) =>
    define(inputs + 2, (args, locals) => {
      const addresses = args.slice(0, inputs + 1)
      const [i, elements] = [locals.i32(), vectors(inputs, locals)]
      set(i, 0)
      count(i, args[inputs + 1]!, 1, () => {
        elements.forEach((element, k) => void field.loadBoth(element, addresses[k]!))
        body(addresses, locals, elements)
        addresses.forEach(
          (address, k) => void set(address, int.add(address, k === inputs ? outBytes : pairBytes)),
        )
      })
    })

  return {
    down: twoStages(([a, b, c, d], [t, t0, t1], x, locals) => {
      spread(field, a, c, t!, x, locals)
      spread(field, b, d, t!, x, locals)
      spread(field, a, b, t0!, x, locals)
      spread(field, c, d, t1!, x, locals)
    }),
    up: twoStages(([a, b, c, d], [t, t0, t1], x, locals) => {
      gather(field, a, b, t0!, x, locals)
      gather(field, c, d, t1!, x, locals)
      gather(field, a, c, t!, x, locals)
      gather(field, b, d, t!, x, locals)
    }),
    downLast: innermost(({ p, q, u, v, outer, inner, x }, locals) => {
      spread(rare, p, q, outer, x, locals)
      zip(u, lows, p, q)
      zip(v, highs, p, q)
      spread(rare, u, v, inner, x, locals)
      zip(p, lows, u, v)
      zip(q, highs, u, v)
    }),
    upFirst: innermost(({ p, q, u, v, outer, inner, x }, locals) => {
      zip(u, lows, p, q)
      zip(v, highs, p, q)
      gather(rare, u, v, inner, x, locals)
      zip(p, lows, u, v)
      zip(q, highs, u, v)
      gather(rare, p, q, outer, x, locals)
    }),
    /** (values, other, pairs): sums and differences, one stage of either direction where the twiddle is 1. */
    halve: define(3, ([values, other, pairs], locals) => {
      const [i, [a, b, x]] = [locals.i32(), vectors(3, locals) as [V128[], V128[], V128[]]]
      set(i, 0)
      count(i, pairs!, 1, () => {
        field.loadBoth(a, values!)
        field.loadBoth(b, other!)
        field.sub(x, a, b)
        field.add(a, a, b)
        for (const [element, address] of [
          [a, values!],
          [x, other!],
        ] as const) {
          rare.reduce(element, locals)
          field.storeBoth(address, element)
          set(address, int.add(address, pairBytes))
        }
      })
    }),
    /** (a, b, out, pairs) */
    multiply: pointwise(
      2,
      ([, , out], locals, [a, b]) => {
        rare.mul(a!, a!, b!, locals)
        rare.reduce(a!, locals)
        field.storeBoth(out!, a!)
      },
      pairBytes,
    ),
    /** (a, factor, out, pairs): by one pair of factors. */
    scale: define(4, ([a, factor, out, pairs], locals) => {
      const [i, [x, f]] = [locals.i32(), vectors(2, locals) as [V128[], V128[]]]
      field.loadBoth(f, factor!)
      set(i, 0)
      count(i, pairs!, 1, () => {
        field.loadBoth(x, a!)
        rare.mul(x, x, f, locals)
        rare.reduce(x, locals)
        field.storeBoth(out!, x)
        set(a!, int.add(a!, pairBytes))
        set(out!, int.add(out!, pairBytes))
      })
    }),
    /** (a, b, c, out, pairs): a b - c as integers of 32 bytes. */
    join: pointwise(
      3,
      ([, , , out], locals, [a, b, c]) => {
        rare.mul(a!, a!, b!, locals)
        field.sub(a!, a!, c!)
        rare.reduce(a!, locals)
        rare.mul(a!, a!, field.constant(1n), locals)
        field.storeIntegers(out!, a!, locals)
      },
      64,
    ),
    /** (integers, out, pairs): integers of 32 bytes, whatever they are, as elements. */
    importElements: define(3, ([integers, out, pairs], locals) => {
      const [i, [x]] = [locals.i32(), vectors(1, locals) as [V128[]]]
      set(i, 0)
      count(i, pairs!, 1, () => {
        field.loadIntegers(x, integers!, int.add(integers!, 32), locals)
        rare.mul(x, x, field.constant(radixPower(field, 2, 0)), locals)
        rare.reduce(x, locals)
        field.storeBoth(out!, x)
        set(integers!, int.add(integers!, 64))
        set(out!, int.add(out!, pairBytes))
      })
    }),
    /** (source, stride, out, pairs): coefficients v * 2^512 of 32 bytes each, as v * radix^2. */
    importCoefficients: define(4, ([source, stride, out, pairs], locals) => {
      const [i, [x]] = [locals.i32(), vectors(1, locals) as [V128[]]]
      set(i, 0)
      count(i, pairs!, 1, () => {
        field.loadIntegers(x, source!, int.add(source!, stride!), locals)
        rare.mul(x, x, field.constant(radixPower(field, 3, 512)), locals)
        rare.reduce(x, locals)
        field.storeBoth(out!, x)
        set(source!, int.add(source!, int.shl(stride!, 1)))
        set(out!, int.add(out!, pairBytes))
      })
    }),
    /** (entries, coefficients, sums, witness, pairs): adds each coefficient times its wire, an integer of 32 bytes, to its sum. */
    evaluate: define(5, ([entries, coefficients, sums, witness, pairs], locals) => {
      const [i, at0, at1] = [locals.i32(), locals.i32(), locals.i32()]
      const [x, w, sum] = vectors(3, locals) as [V128[], V128[], V128[]]
      set(i, 0)
      count(i, pairs!, 1, () => {
        set(at0, int.add(witness!, load.i32(entries!, 4)))
        set(at1, int.add(witness!, load.i32(entries!, ENTRY_BYTES + 4)))
        field.loadIntegers(w, at0, at1, locals)
        field.loadBoth(x, coefficients!)
        field.mul(x, w, x, locals)
        for (const lane of [0, 1] as const) {
          set(at0, int.add(sums!, load.i32(entries!, lane * ENTRY_BYTES)))
          splat(sum, at0)
          if (lane === 1) zip(x, highs, x, x)
          field.add(sum, sum, x)
          field.reduce(sum, locals)
          field.storeInto(at0, sum)
        }
        set(entries!, int.add(entries!, 2 * ENTRY_BYTES))
        set(coefficients!, int.add(coefficients!, pairBytes))
      })
    }),
  }
}

type Quad = readonly [V128[], V128[], V128[], V128[]]
type Inner = Readonly<Record<'p' | 'q' | 'u' | 'v' | 'outer' | 'inner' | 'x', V128[]>>
