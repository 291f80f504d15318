/**
 * WebAssembly loops that a Groth16 proof spends its time in, added to ffjavascript's module as those of a setup are
 * (kernels.ts): sums of points by pairs, sums over buckets, and transforms with a table of roots.
 *
 * Spec: curve y^2 = x^3 + b; the chord rule for pairs in general position, the tangent's for equal points. Points at
 * infinity and opposite ones, which keys hold and sums give, need no inversion. No point of either group has y = 0, since
 * their orders are odd; of a hostile key's that do, a sum is wrong, and the proof does not verify.
 */
import type { Code, ModuleBuilder } from 'ffjavascript'
import { ELEMENT, kernel, repeat } from './kernels.js'

/** The WASM plugin. Adds `addPairs` and `reduce` to g1m and g2m, and `frm_transform`. */
export function addProofKernels(module: ModuleBuilder): void {
  for (const [group, field, size] of [
    ['g1m', 'f1m', 32],
    ['g2m', 'f2m', 64],
  ] as const) {
    addPairs(module, group, field, size)
    addReduce(module, group, size)
  }
  addTransform(module)
}

/**
 * For each i < n adds two affine points: pPairs holds the addresses of both and of their sum. A set lowest bit of an
 * address stands for the point's negative. No sum may lie where a later pair has a point. pScratch has room for two
 * field elements a pair.
 *
 * All pairs share one inversion: going forwards, the differences of x and the product of those before each; going
 * backwards, each inverse from that of the whole product. Equal points have 2y in the difference's place; zero marks a
 * pair that has no inverse.
 */
function addPairs(module: ModuleBuilder, group: string, field: string, size: number): void {
  const params = ['pPairs', 'n', 'pScratch']
  const { c, get, define } = kernel(module, `${group}_addPairs`, params, ['i', 'a', 'b', 'out'])
  const constant = (bytes: number) => c.i32_const(module.alloc(bytes))
  const [running, slope, x, y] = [constant(size), constant(size), constant(size), constant(size)]
  const [left, right] = [constant(2 * size), constant(2 * size)]
  const at = (base: Code, offset: number) => c.i32_add(base, c.i32_const(offset))
  const yOf = (point: Code) => at(point, size)
  const f = (operation: string, ...operands: Code[]) => c.call(`${field}_${operation}`, ...operands)
  const step = (name: string, by: number) => c.setLocal(name, at(get(name), by))
  const address = (word: number) => c.i32_and(c.i32_load(get('pPairs'), 4 * word), c.i32_const(-2))
  const isNegative = (word: number) => c.i32_and(c.i32_load(get('pPairs'), 4 * word), c.i32_const(1))
  const load = [...c.setLocal('a', address(0)), ...c.setLocal('b', address(1))]
  const signedY = (word: number, from: string, to: Code) =>
    c.if(isNegative(word), f('neg', yOf(get(from)), yOf(to)), f('copy', yOf(get(from)), yOf(to)))
  const bothY = [...signedY(0, 'a', left), ...signedY(1, 'b', right)]
  const isZeroAffine = (point: string) => c.call(`${group}_isZeroAffine`, get(point))
  const before = at(get('pScratch'), size)
  const [outX, outY] = [get('out'), yOf(get('out'))]
  define(
    f('one', running),
    repeat(c, 'i', get('n'), [
      ...load,
      ...f('zero', get('pScratch')),
      ...c.if(
        c.i32_eqz(isZeroAffine('a')),
        c.if(c.i32_eqz(isZeroAffine('b')), [
          ...f('sub', get('b'), get('a'), get('pScratch')),
          // one point twice: the tangent's denominator, which is zero for opposite ones
          ...c.if(f('isZero', get('pScratch')), [
            ...bothY,
            ...f('add', yOf(left), yOf(right), get('pScratch')),
          ]),
        ]),
      ),
      ...c.if(c.i32_eqz(f('isZero', get('pScratch'))), [
        ...f('copy', running, before),
        ...f('mul', running, get('pScratch'), running),
      ]),
      ...step('pPairs', 12),
      ...step('pScratch', 2 * size),
    ]),
    f('inverse', running, running),
    c.setLocal('i', c.i32_const(0)),
    repeat(c, 'i', get('n'), [
      ...step('pPairs', -12),
      ...step('pScratch', -2 * size),
      ...load,
      ...c.setLocal('out', c.i32_load(get('pPairs'), 8)),
      ...bothY,
      ...c.if(
        f('isZero', get('pScratch')),
        // opposite points, or one at infinity, which is all zeros
        c.if(
          isZeroAffine('a'),
          [...f('copy', get('b'), outX), ...f('copy', yOf(right), outY)],
          c.if(
            isZeroAffine('b'),
            [...f('copy', get('a'), outX), ...f('copy', yOf(left), outY)],
            c.call(`${group}_zeroAffine`, get('out')),
          ),
        ),
        [
          ...f('mul', running, before, slope),
          ...f('mul', running, get('pScratch'), running),
          ...c.if(
            f('eq', get('a'), get('b')),
            [...f('square', get('a'), x), ...f('add', x, x, y), ...f('add', x, y, y)],
            f('sub', yOf(right), yOf(left), y),
          ),
          ...f('mul', slope, y, slope),
          ...f('square', slope, x),
          ...f('sub', x, get('a'), x),
          ...f('sub', x, get('b'), x),
          ...f('sub', get('a'), x, y),
          ...f('mul', slope, y, y),
          ...f('sub', y, yOf(left), outY),
          ...f('copy', x, outX),
        ],
      ),
    ]),
  )
}

/**
 * `pTotal = sum of k * B_k` for k = 1 to n, Jacobian: pBuckets holds the address of each affine B_k, its lowest bit set
 * for the negative, or 0 for none.
 */
function addReduce(module: ModuleBuilder, group: string, size: number): void {
  const { c, get, define } = kernel(module, `${group}_reduce`, ['pBuckets', 'n', 'pTotal'], ['i', 'entry'])
  const [running, negative] = [c.i32_const(module.alloc(3 * size)), c.i32_const(module.alloc(2 * size))]
  const call = (operation: string, ...operands: Code[]) => c.call(`${group}_${operation}`, ...operands)
  const moveBuckets = (by: Code) => c.setLocal('pBuckets', c.i32_add(get('pBuckets'), by))
  define(
    call('zero', running),
    call('zero', get('pTotal')),
    moveBuckets(c.i32_mul(get('n'), c.i32_const(4))),
    repeat(c, 'i', get('n'), [
      ...moveBuckets(c.i32_const(-4)),
      ...c.setLocal('entry', c.i32_load(get('pBuckets'))),
      ...c.if(
        c.i32_and(get('entry'), c.i32_const(1)),
        [
          ...call('negAffine', c.i32_and(get('entry'), c.i32_const(-2)), negative),
          ...call('addMixed', running, negative, running),
        ],
        c.if(get('entry'), call('addMixed', running, get('entry'), running)),
      ),
      ...call('add', get('pTotal'), running, get('pTotal')),
    ]),
  )
}

/**
 * The transform of n elements in bit-reversed order, in place, into natural order (Cooley and Tukey, decimation in
 * time): pRoots holds w^0 to w^(n/2 - 1) for a root w of order n.
 */
function addTransform(module: ModuleBuilder): void {
  const locals = ['half', 'stride', 'start', 'j', 'root', 'low', 'high', 'end']
  const { c, get, define } = kernel(module, 'frm_transform', ['pData', 'n', 'pRoots'], locals)
  const product = c.i32_const(module.alloc(ELEMENT))
  const step = (name: string, by: Code) => c.setLocal(name, c.i32_add(get(name), by))
  const bytes = (count: Code) => c.i32_mul(count, c.i32_const(ELEMENT))
  const butterfly = [
    ...c.call('frm_mul', get('high'), get('root'), product),
    ...c.call('frm_sub', get('low'), product, get('high')),
    ...c.call('frm_add', get('low'), product, get('low')),
  ]
  define(
    c.setLocal('half', c.i32_const(1)),
    c.setLocal('stride', c.i32_shr_u(get('n'), c.i32_const(1))),
    c.setLocal('end', c.i32_add(get('pData'), bytes(get('n')))),
    c.block(
      c.loop(
        c.br_if(1, c.i32_eqz(get('stride'))),
        c.setLocal('start', get('pData')),
        c.block(
          c.loop(
            c.br_if(1, c.i32_eq(get('start'), get('end'))),
            c.setLocal('low', get('start')),
            c.setLocal('high', c.i32_add(get('start'), bytes(get('half')))),
            c.setLocal('root', get('pRoots')),
            c.setLocal('j', c.i32_const(0)),
            repeat(c, 'j', get('half'), [
              ...butterfly,
              ...step('low', c.i32_const(ELEMENT)),
              ...step('high', c.i32_const(ELEMENT)),
              ...step('root', bytes(get('stride'))),
            ]),
            c.setLocal('start', get('high')),
            c.br(0),
          ),
        ),
        c.setLocal('half', c.i32_mul(get('half'), c.i32_const(2))),
        c.setLocal('stride', c.i32_shr_u(get('stride'), c.i32_const(1))),
        c.br(0),
      ),
    ),
  )
}
