/** Circom's side of the twins. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decode, type R1cs } from '../../src/artifacts/iden3/r1cs.js'
import { type Compiled, compileCircom } from '../helpers/circom.js'

/** Circom removes linear constraints, and what follows from constants through several products. */
export const FOLD = ['--O2'] as const

export type Twin = Pick<Compiled, 'witness'> & { readonly r1cs: R1cs }

const CIRCUITS = fileURLToPath(new URL('../../circuits', import.meta.url))
const CIRCOMLIB = join(createRequire(import.meta.url).resolve('circomlib/package.json'), '../circuits')

/** Compiles `component main = <main>` over a file of `circuits/`. Public inputs keep their wires, in this order. */
export async function compileTwin(
  file: string,
  main: string,
  inputs: readonly string[] = ['x'],
  options: readonly string[] = [],
): Promise<Twin> {
  const source = `pragma circom 2.1.6;\ninclude "${file}";\ncomponent main {public [${inputs}]} = ${main};\n`
  return compile(CIRCUITS, file, source, options)
}

/** Compiles circomlib's Poseidon of `count` inputs, which it calls `inputs`. */
export function compileCircomlibPoseidon(count: number): Promise<Twin> {
  const source = `pragma circom 2.1.6;\ninclude "poseidon.circom";\ncomponent main = Poseidon(${count});\n`
  return compile(CIRCOMLIB, "circomlib's poseidon.circom", source, FOLD)
}

async function compile(
  folder: string,
  name: string,
  source: string,
  options: readonly string[],
): Promise<Twin> {
  const { r1cs, witness } = await compileCircom(folder, source, options)
  return { r1cs: decode(r1cs, name, 'any'), witness }
}
