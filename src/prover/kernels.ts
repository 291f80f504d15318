/**
 * WebAssembly loops that a Groth16 setup spends its time in, added to the module that ffjavascript builds and runs in
 * its threads: columns of the QAP at tau, and batches of fixed-base multiplications.
 *
 * Points are added in affine coordinates: all additions of a batch share one inversion (Montgomery's trick), which
 * leaves 6 multiplications an addition instead of 11 in Jacobian ones. Spec: curve y^2 = x^3 + b, chord rule.
 *
 * Traps: elements are in Montgomery form, but scalars are plain. The chord rule fails for equal and opposite points.
 * They cannot meet here: before window j an accumulator holds m * G with m < 2^(wj), the table's entry is d * 2^(wj) * G
 * with d > 0, and m + d * 2^(wj) is at most the scalar, which is below the group's order.
 */
import type { Code, CodeBuilder, ModuleBuilder } from 'ffjavascript'

/** The WASM plugin. Adds, for each group g1m and g2m, `multiples` and `addWindow`, and for the field those below. */
export function addKernels(module: ModuleBuilder): void {
  for (const [group, field, size] of [
    ['g1m', 'f1m', 32],
    ['g2m', 'f2m', 64],
  ] as const) {
    addMultiples(module, group, size)
    addWindow(module, group, field, size)
  }
  addLagrange(module)
  addColumns(module)
  addCombine(module)
}

export const ELEMENT = 32

/** `pOut[i] = i * base` for i < n: affine base, Jacobian results. Every case of addition is handled. */
function addMultiples(module: ModuleBuilder, group: string, size: number): void {
  const { c, get, define } = kernel(module, `${group}_multiples`, ['pBase', 'n', 'pOut'], ['i', 'next'])
  define(
    c.call(`${group}_zero`, get('pOut')),
    c.setLocal('i', c.i32_const(1)),
    repeat(c, 'i', get('n'), [
      ...c.setLocal('next', c.i32_add(get('pOut'), c.i32_const(3 * size))),
      ...c.call(`${group}_addMixed`, get('pOut'), get('pBase'), get('next')),
      ...c.setLocal('pOut', get('next')),
    ]),
  )
}

/**
 * `pAcc[i] += pRow[digit]` for i < n, where digit is `pScalar[i] >> bit & mask`, pRow a table of multiples of
 * 2^bit * G, and all points are affine. pScratch has room for two field elements a point.
 */
function addWindow(module: ModuleBuilder, group: string, field: string, size: number): void {
  const locals = ['i', 'digit', 'entry']
  const params = ['pScalar', 'n', 'pRow', 'bit', 'mask', 'pScratch', 'pAcc']
  const { c, get, define } = kernel(module, `${group}_addWindow`, params, locals)
  const [running, slope, x, y] = Array.from({ length: 4 }, () => c.i32_const(module.alloc(size)))
  const at = (base: string, offset: number) => c.i32_add(get(base), c.i32_const(offset))
  const step = (name: string, by: number) => c.setLocal(name, at(name, by))
  const readDigit = [
    ...c.setLocal(
      'digit',
      c.i32_and(
        c.i32_shr_u(c.i32_load(get('pScalar'), 0, 0), c.i32_and(get('bit'), c.i32_const(7))),
        get('mask'),
      ),
    ),
    ...c.setLocal('entry', c.i32_add(get('pRow'), c.i32_mul(get('digit'), c.i32_const(2 * size)))),
  ]
  const f = (operation: string, ...operands: Code[]) => c.call(`${field}_${operation}`, ...operands)
  const [accY, entryY, before] = [at('pAcc', size), at('entry', size), at('pScratch', size)]
  define(
    c.setLocal('pScalar', c.i32_add(get('pScalar'), c.i32_shr_u(get('bit'), c.i32_const(3)))),
    f('one', running!),
    // forwards: the differences of x, and before each the product of those that came earlier
    repeat(c, 'i', get('n'), [
      ...readDigit,
      ...f('zero', get('pScratch')),
      ...c.if(
        c.i32_eqz(c.i32_eqz(get('digit'))),
        c.if(
          c.call(`${group}_isZeroAffine`, get('pAcc')),
          c.call(`${group}_copyAffine`, get('entry'), get('pAcc')),
          [
            ...f('sub', get('entry'), get('pAcc'), get('pScratch')),
            ...f('copy', running!, before),
            ...f('mul', running!, get('pScratch'), running!),
          ],
        ),
      ),
      ...step('pScalar', ELEMENT),
      ...step('pScratch', 2 * size),
      ...step('pAcc', 2 * size),
    ]),
    f('inverse', running!, running!),
    // backwards: each difference's inverse from that of the whole product; a zero marks a point already settled
    c.setLocal('i', c.i32_const(0)),
    repeat(c, 'i', get('n'), [
      ...step('pScalar', -ELEMENT),
      ...step('pScratch', -2 * size),
      ...step('pAcc', -2 * size),
      ...c.if(c.i32_eqz(f('isZero', get('pScratch'))), [
        ...readDigit,
        ...f('mul', running!, before, slope!),
        ...f('mul', running!, get('pScratch'), running!),
        ...f('sub', entryY, accY, y!),
        ...f('mul', slope!, y!, slope!),
        ...f('square', slope!, x!),
        ...f('sub', x!, get('pAcc'), x!),
        ...f('sub', x!, get('entry'), x!),
        ...f('sub', get('pAcc'), x!, y!),
        ...f('mul', slope!, y!, y!),
        ...f('sub', y!, accY, accY),
        ...f('copy', x!, get('pAcc')),
      ]),
    ]),
  )
}

/** `pOut[i] = scale * x_i / (tau - x_i)` for i < n, where x_i = first * step^i. The inversion's scratch is unbounded. */
function addLagrange(module: ModuleBuilder): void {
  const { c, get, define } = kernel(
    module,
    'frm_lagrange',
    ['pFirst', 'pStep', 'pTau', 'pScale', 'n', 'pOut'],
    ['i', 'out'],
  )
  const power = c.i32_const(module.alloc(ELEMENT))
  const next = [
    ...c.call('frm_mul', power, get('pStep'), power),
    ...c.setLocal('out', c.i32_add(get('out'), c.i32_const(ELEMENT))),
  ]
  define(
    c.call('frm_copy', get('pFirst'), power),
    c.setLocal('out', get('pOut')),
    repeat(c, 'i', get('n'), [...c.call('frm_sub', get('pTau'), power, get('out')), ...next]),
    c.call(
      'frm_batchInverse',
      get('pOut'),
      c.i32_const(ELEMENT),
      get('n'),
      get('pOut'),
      c.i32_const(ELEMENT),
    ),
    c.call('frm_mul', get('pFirst'), get('pScale'), power),
    c.setLocal('out', get('pOut')),
    c.setLocal('i', c.i32_const(0)),
    repeat(c, 'i', get('n'), [...c.call('frm_mul', get('out'), power, get('out')), ...next]),
  )
}

/** `pOut[wire] += pTable[coefficient] * pRow[k]` over the entries of each row k of a sparse matrix. */
function addColumns(module: ModuleBuilder): void {
  const params = ['pStart', 'rows', 'pWire', 'pCoefficient', 'pTable', 'pRow', 'pOut']
  const { c, get, define } = kernel(module, 'frm_columns', params, ['row', 'entry', 'end', 'out'])
  const product = c.i32_const(module.alloc(ELEMENT))
  const advance = (name: string, by: number) => c.setLocal(name, c.i32_add(get(name), c.i32_const(by)))
  const element = (base: string, index: Code) => c.i32_add(get(base), c.i32_mul(index, c.i32_const(ELEMENT)))
  define(repeat(c, 'row', get('rows'), [
    ...c.setLocal('entry', c.i32_load(get('pStart'))),
    ...c.setLocal('end', c.i32_load(get('pStart'), 4)),
    ...repeat(c, 'entry', get('end'), [
      ...c.call('frm_mul', element('pTable', c.i32_load(get('pCoefficient'))), get('pRow'), product),
      ...c.setLocal('out', element('pOut', c.i32_load(get('pWire')))),
      ...c.call('frm_add', get('out'), product, get('out')),
      ...advance('pWire', 4),
      ...advance('pCoefficient', 4),
    ]),
    ...advance('pStart', 4),
    ...advance('pRow', ELEMENT),
  ]))
}

/** `pOut[i] = scale * (beta * a_i + alpha * b_i + c_i)` for i < n; pFactors holds beta, alpha, scale. */
function addCombine(module: ModuleBuilder): void {
  const { c, get, define } = kernel(module, 'frm_combine', ['pA', 'pB', 'pC', 'pFactors', 'n', 'pOut'], ['i'])
  const [left, right] = [c.i32_const(module.alloc(ELEMENT)), c.i32_const(module.alloc(ELEMENT))]
  const factor = (index: number) => c.i32_add(get('pFactors'), c.i32_const(ELEMENT * index))
  define(repeat(c, 'i', get('n'), [
    ...c.call('frm_mul', get('pA'), factor(0), left),
    ...c.call('frm_mul', get('pB'), factor(1), right),
    ...c.call('frm_add', left, right, left),
    ...c.call('frm_add', left, get('pC'), left),
    ...c.call('frm_mul', left, factor(2), get('pOut')),
    ...['pA', 'pB', 'pC', 'pOut'].flatMap((name) => [
      ...c.setLocal(name, c.i32_add(get(name), c.i32_const(ELEMENT))),
    ]),
  ]))
}

/** Opens an exported function of 32-bit parameters and locals. */
export function kernel(
  module: ModuleBuilder,
  name: string,
  params: readonly string[],
  locals: readonly string[],
) {
  const builder = module.addFunction(name)
  for (const param of params) builder.addParam(param, 'i32')
  for (const local of locals) builder.addLocal(local, 'i32')
  const c = builder.getCodeBuilder()
  return {
    c,
    get: (local: string) => c.getLocal(local),
    define: (...code: Code[]) => {
      builder.addCode(...code)
      module.exportFunction(name)
    },
  }
}

/** Runs `body` and counts `counter` up by one, until it equals `limit`. */
export function repeat(c: CodeBuilder, counter: string, limit: Code, body: Code): Code {
  return c.block(
    c.loop(
      c.br_if(1, c.i32_eq(c.getLocal(counter), limit)),
      body,
      c.setLocal(counter, c.i32_add(c.getLocal(counter), c.i32_const(1))),
      c.br(0),
    ),
  )
}
