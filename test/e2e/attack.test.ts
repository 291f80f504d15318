/** `zkonnx attack` on the digits net and on circuits of other origin: what it prints, and its exit codes. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { decode, encode } from '../../src/artifacts/iden3/r1cs.js'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { pathOf } from '../../src/artifacts/paths.js'
import type { Report } from '../../src/attack/attack.js'
import { addAttack } from '../../src/cli/commands/attack.js'
import { compile } from '../../src/stages/compile.js'
import { compileCircom } from '../helpers/circom.js'
import { without } from '../helpers/solve.js'

const EXAMPLE = join(import.meta.dirname, '../../examples/digits')
const CIRCUITS = join(import.meta.dirname, '../negative/circuits')

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zkonnx-attack-'))
})

afterAll(() => rm(folder, { recursive: true }))

afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

describe('the digits net', () => {
  let dir: string
  beforeAll(async () => {
    dir = join(folder, 'digits')
    await compile({
      model: join(EXAMPLE, 'digits.onnx'),
      data: join(EXAMPLE, 'calibration.npz'),
      holdout: join(EXAMPLE, 'heldout.npz'),
      out: dir,
    })
  })

  test('accepts nothing, and every witness is shown to be the only one', async () => {
    const { report, code } = await run(dir, '--input', join(EXAMPLE, 'heldout.npz'), '--limit', '2')
    expect(code).toBe(0)
    expect(report).toMatchObject({ samples: 5, accepted: [], rank: { free: [] }, domain: { accepted: 0 } })
    expect(report.isolated).toMatchObject({ unique: 5, unresolved: 0, assumed: 0, accepted: 0 })
    expect(Object.keys(report.hints).sort()).toEqual(['input', 'max', 'relu'])
    for (const { lies } of Object.values(report.hints)) expect(lies).toBeGreaterThanOrEqual(1000)
    expect(report.edits.wires).toBe(5 * report.rank.unknowns)
  })

  test('the same seed gives the same report', async () => {
    const [first, second] = [
      await run(dir, '--seed', '9', '--limit', '1'),
      await run(dir, '--seed', '9', '--limit', '1'),
    ]
    expect(second.report).toEqual(first.report)
  })

  test('a circuit that lost a constraint is caught, with the path of what it let go', async () => {
    const file = pathOf(dir, 'r1cs')
    const whole = await readFile(file)
    const r1cs = decode(whole)
    const last = r1cs.constraints - 100
    await writeFile(file, encode(without(r1cs, last)))
    const { report, code } = await run(dir, '--limit', '1')
    await writeFile(file, whole)
    expect(code).toBe(1)
    expect(report.accepted.length).toBeGreaterThan(0)
    expect(report.accepted.flatMap(({ wires }) => wires).every((name) => name.startsWith('main.'))).toBe(true)
  })

  test('a sample outside the domain, and a folder that holds no model, are errors of the input', async () => {
    const samples = join(folder, 'far.json')
    await writeFile(samples, JSON.stringify({ input_data: [new Array(64).fill(1e6)] }))
    expect(await run(dir, '--input', samples)).toMatchObject({
      code: 2,
      error: 'Quantize.OutsideDomainError',
    })
    expect(await run(folder)).toMatchObject({ code: 2, error: 'Manifest.NotCompiledError' })
  })
})

describe('a circuit of another origin', () => {
  const path = (name: string) => join(folder, name)
  let r1cs: Uint8Array
  let honest: bigint[]
  beforeAll(async () => {
    const source = await readFile(join(CIRCUITS, 'dense-unchecked.circom'), 'utf8')
    const circuit = await compileCircom(CIRCUITS, source)
    r1cs = circuit.r1cs
    honest = circuit.witness({
      in: [3n, 1n, 4n],
      weight: [1n, 5n, 9n],
      bias: [2n],
      quotient: [4n],
      remainder: [6n],
    })
    await writeFile(path('c.r1cs'), r1cs)
    await writeFile(path('c.sym'), circuit.sym)
    await writeFile(path('c.wtns'), Wtns.encode(Wtns.fromValues(honest)))
  })
  const files = () => ['--r1cs', path('c.r1cs'), '--wtns', path('c.wtns')]
  const named = () => [...files(), '--sym', path('c.sym')]
  const inputs = ['main.in', 'main.weight', 'main.bias'].flatMap((prefix) => ['--inputs', prefix])

  test('advice that is free is found once it is not taken for an input', async () => {
    expect(await run(...named())).toMatchObject({ code: 0 })
    const { report, code } = await run(...named(), ...inputs)
    expect(code).toBe(1)
    expect(report.rank.free).toEqual(expect.arrayContaining(['main.out', 'main.remainder']))
    expect(report.accepted.some(({ changesStatement }) => changesStatement)).toBe(true)
  })

  test('names are needed for --inputs', async () => {
    expect(await run(...files(), ...inputs)).toMatchObject({ code: 2, error: 'Attack.UnnamedInputsError' })
    expect(await run(...named(), '--inputs', 'main.nothing')).toMatchObject({
      code: 2,
      error: 'Attack.UnnamedInputsError',
    })
  })

  test('a witness that is none, or of another circuit, is refused', async () => {
    await writeFile(path('wrong.wtns'), Wtns.encode(Wtns.fromValues(honest.with(1, 999n))))
    await writeFile(path('short.wtns'), Wtns.encode(Wtns.fromValues(honest.slice(0, 4))))
    const attempt = (name: string) => run('--r1cs', path('c.r1cs'), '--wtns', path(name))
    expect(await attempt('wrong.wtns')).toMatchObject({ code: 2, error: 'Attack.UnsatisfiedError' })
    expect(await attempt('short.wtns')).toMatchObject({ code: 2, error: 'Attack.OtherCircuitError' })
  })

  test('damaged and missing files are refused', async () => {
    await writeFile(path('cut.r1cs'), r1cs.subarray(0, 200))
    const attempt = (name: string) => run('--r1cs', path(name), '--wtns', path('c.wtns'))
    expect(await attempt('cut.r1cs')).toMatchObject({ code: 2, error: 'Iden3.MalformedFileError' })
    expect(await attempt('none.r1cs')).toMatchObject({ code: 2, error: 'Store.MissingFileError' })
  })

  test.each([[[]], [['somewhere', '--r1cs', 'c.r1cs']], [['--r1cs', 'c.r1cs']]])(
    'usage %j is refused',
    async (args) => {
      await expect(run(...args)).rejects.toThrow(CommanderError)
    },
  )
})

/** Runs the command as the command line does, with --json. */
async function run(...args: string[]): Promise<{ report: Report; error?: string; code: number }> {
  const printed: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0)
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  process.exitCode = undefined
  const program = new Command().exitOverride()
  addAttack(program)
  await program.parseAsync(['attack', ...args, '--json'], { from: 'user' })
  const code = Number(process.exitCode ?? 0)
  process.exitCode = undefined
  vi.restoreAllMocks()
  const result = JSON.parse(printed.join(''))
  return { report: result, error: result.error?.name, code }
}
