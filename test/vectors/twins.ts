/** Circom's side of the twins. */
import { fileURLToPath } from 'node:url'
import { decode, type R1cs } from '../../src/artifacts/iden3/r1cs.js'
import { type Compiled, compileCircom } from '../helpers/circom.js'

export type Twin = Pick<Compiled, 'witness'> & { readonly r1cs: R1cs }

const CIRCUITS = fileURLToPath(new URL('../../circuits', import.meta.url))

/** Compiles `component main = <main>` over a file of `circuits/`. */
export async function compileTwin(file: string, main: string): Promise<Twin> {
  const source = `pragma circom 2.1.6;\ninclude "${file}";\ncomponent main = ${main};\n`
  const { r1cs, witness } = await compileCircom(CIRCUITS, source)
  return { r1cs: decode(r1cs, `${main}.r1cs`), witness }
}
