/**
 * iden3's packages, loaded where they are needed first: that takes a tenth of a second, and proving does without them.
 *
 * Trap: each copy of ffjavascript that is loaded, and snarkjs brings one of its own, empties the place where curves stand
 * (curve.ts). So both are loaded before a curve is built.
 */
export type Iden3 = {
  readonly ffjavascript: typeof import('ffjavascript')
  readonly snarkjs: typeof import('snarkjs')
}

let loading: Promise<Iden3> | undefined

export function loadIden3(): Promise<Iden3> {
  loading ??= Promise.all([import('ffjavascript'), import('snarkjs')]).then(([ffjavascript, snarkjs]) => ({
    ffjavascript,
    snarkjs,
  }))
  return loading
}
