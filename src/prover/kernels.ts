/**
 * WebAssembly loops that a Groth16 setup spends its time in beside multiples of the generators, added to the module that
 * ffjavascript builds and runs in its threads: columns of the QAP at tau.
 *
 * Trap: elements are in Montgomery form.
 */
import type { Code, CodeBuilder, ModuleBuilder } from 'ffjavascript'

/** The WASM plugin. */
export function addKernels(module: ModuleBuilder): void {
  addLagrange(module)
  addColumns(module)
  addCombine(module)
}

export const ELEMENT = 32

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
