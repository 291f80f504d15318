/**
 * The WebAssembly loop of a transform with a table of roots, added to ffjavascript's module as those of a setup are
 * (kernels.ts).
 */
import type { Code, ModuleBuilder } from 'ffjavascript'
import { ELEMENT, kernel, repeat } from './kernels.js'

/**
 * The transform of n elements in bit-reversed order, in place, into natural order (Cooley and Tukey, decimation in
 * time), `frm_transform`: pRoots holds w^0 to w^(n/2 - 1) for a root w of order n.
 */
export function addTransform(module: ModuleBuilder): void {
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
