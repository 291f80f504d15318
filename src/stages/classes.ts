/** The names of a model's classes: those that were given, else those that its file tells, where they fit its scores. */
import type { Manifest } from '../artifacts/manifest.js'
import { BaseError } from '../base/errors.js'

/** Throws `ClassNamesError` for names that were given and do not fit; what the file tells and does not fit is left out. */
export function chooseClasses(
  given: readonly string[] | undefined,
  told: readonly string[] | undefined,
  outputs: Manifest['outputs'],
): string[] | undefined {
  const counts = outputs.flatMap(({ meaning, shape }) => (meaning === 'scores' ? [shape.at(-1) ?? 1] : []))
  const names = given ?? told
  if (names === undefined) return undefined
  const problem = problemOf(names, counts, outputs)
  if (problem === undefined) return [...names]
  if (given !== undefined) throw new ClassNamesError(names, problem)
  return undefined
}

function problemOf(
  names: readonly string[],
  counts: readonly number[],
  outputs: Manifest['outputs'],
): string | undefined {
  if (outputs.every(({ meaning }) => meaning === 'values')) return 'none of its outputs tells a class'
  const other = counts.find((count) => count !== names.length)
  if (other !== undefined) return `there are ${names.length}, and it has ${other} classes`
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) return `"${twice}" is there twice`
  return names.includes('') ? 'one is empty' : undefined
}

export class ClassNamesError extends BaseError {
  override name = 'Compile.ClassNamesError'
  constructor(
    readonly names: readonly string[],
    problem: string,
  ) {
    super(`These names of classes do not fit the model: ${problem}.`, {
      details: [`given: ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', ...' : ''}`],
      hint: 'give one name for each class, in the order of the scores: --classes cat,dog,bird, or a file with a name a line',
    })
  }
}
