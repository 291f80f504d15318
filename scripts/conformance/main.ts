/**
 * `npm run conformance`: every vector through every implementation, and docs/OPERATORS.md written from what came of it.
 *
 * The project's own vectors are always run; the ONNX node tests and third-party models where the collection beside the
 * project is there (else those parts of the table stay as they are). Exit code 1 where anything is wrong.
 *
 * With words after it (`npm run conformance -- Conv test_add`), only vectors of these operators, or whose names begin with
 * them, are run, each is told of, and nothing is written.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type SupportedOperator, supportedOperators } from '../../src/onnx/registry.js'
import { hasCases, modelVectors, nodeVectors } from './cases.js'
import { check } from './check.js'
import { ownVectors } from './own.js'
import { describeModels, describeNodes, describeOperators, type NodeResult, type Result } from './table.js'
import type { Vector, Verdict } from './vector.js'

const ROOT = process.cwd()
const CASES = join(ROOT, '..', 'shared', 'cases')
const TABLE = join(ROOT, 'docs', 'OPERATORS.md')

const operators = supportedOperators()

/** The vectors that the words ask for, told of one by one. */
async function some(words: readonly string[]): Promise<number> {
  const wanted = ({ name, operators: own }: Vector) =>
    words.some((word) => own.includes(word) || name.startsWith(word))
  let wrong = 0
  const tell = async (vector: Vector | undefined, mode = '') => {
    if (vector === undefined || !wanted(vector)) return
    const { verdict } = await judge(vector)
    if (verdict.kind === 'failed') wrong++
    const found = verdict.kind === 'passed' ? `error ${verdict.error.toExponential(1)}` : verdict.reason
    console.log(`${verdict.kind} ${vector.name}${mode}: ${found}`)
  }
  for await (const vector of ownVectors()) await tell(vector)
  for (const { first, all } of hasCases(CASES) ? nodeVectors(CASES) : []) {
    await tell(first)
    await tell(all, ', all computed')
  }
  for (const vector of modelVectors(CASES)) await tell(vector)
  return wrong > 0 ? 1 : 0
}

async function all(): Promise<number> {
  const own: Result[] = []
  for await (const vector of ownVectors()) own.push(await judge(vector))
  say('own vectors', own)
  const parts = [
    describeOperators(operators, own),
    keptPart('## ONNX node tests', '## Models'),
    keptPart('## Models'),
  ]
  const results = [...own]
  if (hasCases(CASES)) {
    const nodes = await judgeNodes()
    const models: Result[] = []
    for (const vector of modelVectors(CASES)) models.push(await judge(vector))
    say('ONNX node tests', nodes)
    say('models', models)
    parts[1] = describeNodes(nodes)
    parts[2] = describeModels(models)
    results.push(...nodes, ...models)
  } else {
    console.error(`The ONNX node tests and models are not there (${CASES}): their parts of the table stay.`)
  }
  mkdirSync(dirname(TABLE), { recursive: true })
  writeFileSync(TABLE, `${parts.filter((part) => part !== '').join('\n\n')}\n`)
  return wrongIn(results) > 0 ? 1 : 0
}

async function judge(vector: Vector): Promise<Result> {
  const start = performance.now()
  const verdict = await check(vector, toleranceOf(vector.uses))
  const seconds = (performance.now() - start) / 1000
  if (seconds > 5) console.error(`${vector.name} took ${seconds.toFixed(1)} s`)
  if (verdict.kind === 'failed') console.error(`WRONG ${vector.name}: ${verdict.reason}`)
  return { name: vector.name, operators: vector.operators, verdict }
}

/** The first mode's verdict; the second may be refused, but never be wrong. */
async function judgeNodes(): Promise<NodeResult[]> {
  const results: NodeResult[] = []
  for (const { name, operator, outOfScope, first, all } of nodeVectors(CASES)) {
    if (first === undefined) {
      const verdict: Verdict = { kind: 'refused', reason: outOfScope! }
      results.push({ name, operators: [operator], verdict, all: undefined, outOfScope: true })
      continue
    }
    const one = await judge(first)
    results.push({ ...one, all: all && (await judge(all)).verdict, outOfScope: false })
  }
  return results
}

/** The widest of the operators' own; a model of many rounds. */
function toleranceOf(names: readonly string[]): SupportedOperator['tolerance'] {
  const found = operators.filter(({ domain, operator }) =>
    names.includes(domain === '' ? operator : `${domain}.${operator}`),
  )
  const bounds = found.flatMap(({ tolerance }) =>
    typeof tolerance === 'object' ? [tolerance.approximates] : [],
  )
  if (bounds.length > 0) return { approximates: Math.max(2 ** -10, ...bounds) }
  const exact =
    found.length > 0 && found.length === names.length && found.every((one) => one.tolerance === 'exact')
  return exact ? 'exact' : 'rounds'
}

function say(what: string, results: readonly Result[]): void {
  const number = (kind: Verdict['kind']) => results.filter(({ verdict }) => verdict.kind === kind).length
  console.log(`${what}: ${number('passed')} passed, ${number('refused')} refused, ${wrongIn(results)} wrong`)
}

/** In either mode. */
function wrongIn(results: readonly (Result & Partial<NodeResult>)[]): number {
  return results.filter(({ verdict, all }) => verdict.kind === 'failed' || all?.kind === 'failed').length
}

function keptPart(from: string, to?: string): string {
  if (!existsSync(TABLE)) return ''
  const text = readFileSync(TABLE, 'utf8')
  const start = text.indexOf(`\n${from}\n`)
  if (start < 0) return ''
  const end = to === undefined ? text.length : text.indexOf(`\n${to}\n`)
  return text.slice(start + 1, end < 0 ? undefined : end).trim()
}

const words = process.argv.slice(2)
process.exitCode = words.length > 0 ? await some(words) : await all()
