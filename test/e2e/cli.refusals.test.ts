/** Bad input at the command line: exit code 2, what, where and what to do on stderr, nothing half-written. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { prove } from '../../src/stages/prove.js'
import { setup } from '../../src/stages/setup.js'
import { verify } from '../../src/stages/verify.js'
import { answer, tempDir, zkonnx } from '../helpers/cli.js'
import { writeSmallNet, writeUnsupported } from '../helpers/small-net.js'

const dir = tempDir()
const at = (...parts: string[]) => join(dir, ...parts)
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

beforeAll(async () => {
  await writeSmallNet(dir)
  await writeSmallNet(dir, { name: 'other', seed: 2 })
  for (const name of ['model', 'other']) {
    const compiled = await zkonnx(dir, 'compile', `${name}.onnx`, '--data', 'samples.npz', '-o', name)
    expect(compiled).toMatchObject({ code: 0 })
    expect(await zkonnx(dir, 'setup', name, '--dev')).toMatchObject({ code: 0 })
  }
  cpSync(at('model'), at('again'), { recursive: true })
  await setup({ dir: at('again'), kind: 'dev' })
  await prove({ dir: at('model'), input: at('samples.npz'), limit: 1, out: at('proofs') })
  writeUnsupported(at('unsupported.onnx'))
  writeFileSync(at('text.onnx'), 'this is no model\n'.repeat(10))
  writeFileSync(at('cut.onnx'), readFileSync(at('model.onnx')).subarray(0, 150))
  writeFileSync(at('short.json'), '[[0.1, 0.2, 0.3]]')
  writeFileSync(at('nan.csv'), '0.1,0.2,0.3,0.4\n0.1,nan,0.2,0.3\n0.4,0.3,0.2,0.1\n')
  writeFileSync(at('mixed.json'), '[[0.1,0.2,0.3,0.4],[0.1,77,0.3,0.4],[0.4,0.3,0.2,0.1]]')
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const compileOf = (model: string, ...more: string[]) =>
  ['compile', model, '--data', 'samples.npz', '-o', 'never', ...more] as const

/** What is run, the error's name, and what the text must say. */
const REFUSED: readonly (readonly [args: readonly string[], name: string, ...says: string[]])[] = [
  [compileOf('absent.onnx'), 'Onnx.ModelFileError', 'absent.onnx'],
  [compileOf('text.onnx'), 'Onnx.ModelFileError', 'text.onnx'],
  [compileOf('cut.onnx'), 'Onnx.ModelFileError', 'cut.onnx'],
  [
    compileOf('unsupported.onnx'),
    'Onnx.UnsupportedOperatorError',
    'first_bad',
    'RandomNormalLike',
    'second_bad',
    'RandomUniformLike',
  ],
  [compileOf('model.onnx', '--output', 'logits'), 'Onnx.OutputError', '"logits"', 'scores'],
  [compileOf('model.onnx', '--domain', 'y=0,1'), 'Quantize.UnknownInputError', '"y"', '"x"'],
  [compileOf('model.onnx', '--bits', '99'), 'Quantize.BitsError', '99', '2 to 16'],
  [['compile', 'model.onnx', '--data', 'short.json', '-o', 'never'], 'Samples.SizeError', 'short.json', '3'],
  [['compile', 'model.onnx', '--data', 'samples.npz', '-o', 'text.onnx'], 'Store.WriteError', 'text.onnx'],
  [
    ['compile', 'model.onnx', '--data', 'samples.npz', '-o', '/proc/never'],
    'Store.WriteError',
    '/proc/never',
  ],
  [['setup', 'model'], 'Setup.NoKindError', '--dev'],
  [['setup', 'model', '--ptau', 'text.onnx'], 'Iden3.MalformedFileError', 'text.onnx'],
  [['ceremony', 'contribute', 'model', '--name', 'x', '--entropy', 'y'], 'Ceremony.NotBegunError', '--ptau'],
  [['ceremony', 'accept', 'model', 'text.onnx'], 'Ceremony.NotBegunError', 'model'],
  [['ceremony', 'verify', 'model'], 'Ceremony.NotBegunError', 'model'],
  [['ceremony', 'status', 'text.onnx'], 'Iden3.MalformedFileError', 'text.onnx'],
  [['setup', 'never', '--dev'], 'Manifest.NotCompiledError', 'never'],
  [['witness', 'model', '--input', 'short.json'], 'Samples.SizeError', 'short.json'],
  [['verify', 'model', 'absent'], 'Store.MissingFileError', 'absent'],
  [['verify', 'other', 'proofs/000000'], 'Verify.OtherModelError', 'proofs/000000'],
  [['deploy', 'model', '--rpc', 'http://127.0.0.1:1'], 'Chain.NoAnswerError', '127.0.0.1:1'],
  [['submit', 'model', 'proofs/000000'], 'Chain.NotDeployedError', 'zkonnx deploy'],
]

test.each(REFUSED)('%j is refused as %s', async (args, name, ...says) => {
  const before = readdirSync(dir).sort()
  const ran = await zkonnx(dir, ...args, '--json')
  expect(ran.code).toBe(2)
  expect(answer<{ error: unknown }>(ran).error).toMatchObject({ name })
  for (const text of [name, 'What to do:', ...says]) expect(ran.stderr).toContain(text)
  expect(ran.stderr.endsWith('\n')).toBe(true)
  expect(readdirSync(dir).sort()).toEqual(before)
})

test.each([
  { args: ['--frob'], says: "unknown option '--frob'" },
  { args: ['frob'], says: "unknown command 'frob'" },
  { args: ['compile', 'model.onnx', '-o', 'never'], says: '--data' },
  { args: compileOf('model.onnx', '--inputs', 'secret'), says: 'public' },
  { args: compileOf('model.onnx', '--max-flip', 'x'), says: 'percentage' },
  { args: ['prove', 'model', '--input', 'samples.npz', '--limit', '0'], says: 'above 0' },
])('wrong usage, $args, is exit code 2', async ({ args, says }) => {
  const ran = await zkonnx(dir, ...args, '--json')
  expect(ran.code).toBe(2)
  expect(ran.stderr).toContain(says)
  expect(answer(ran)).toMatchObject({ error: { message: expect.stringContaining(says) } })
  expect(existsSync(at('never'))).toBe(false)
})

test('one sample outside the domain fails alone: the others are proven, the exit code is 2', async () => {
  const ran = await zkonnx(dir, 'prove', 'model', '--input', 'mixed.json', '-o', 'mixed', '--json')
  expect(ran.code).toBe(2)
  expect(ran.stderr).toMatch(
    /Sample 1: Element 1 of input "x" is 77 in the sample, outside the declared domain/,
  )
  const results = answer<{ sample: number; error?: unknown }[]>(ran)
  expect(results.map(({ sample, error }) => [sample, error === undefined])).toEqual([
    [0, true],
    [1, false],
    [2, true],
  ])
  expect(readdirSync(at('mixed')).sort()).toEqual(['.journal.jsonl', '000000', '000002'])
  for (const proof of ['mixed/000000', 'mixed/000002'])
    expect((await verify(at('model'), at(proof))).valid).toBe(true)
})

test('a row that cannot be read fails alone', async () => {
  const ran = await zkonnx(dir, 'witness', 'model', '--input', 'nan.csv', '--json')
  expect(ran.code).toBe(2)
  for (const text of ['What to do:', 'nan.csv', 'line 2']) expect(ran.stderr).toContain(text)
  expect(answer(ran)).toMatchObject([
    { sample: 0 },
    { sample: 1, error: { name: 'Csv.CellError' } },
    { sample: 2 },
  ])
})

/** A copy of a folder with one of its files changed. */
function altered(folder: string, change: (copy: string) => void): string {
  const copy = at(`altered-${readdirSync(dir).length}`)
  cpSync(at(folder), copy, { recursive: true })
  change(copy)
  return copy
}
const edit = (path: string, change: (value: Record<string, unknown>) => unknown) =>
  writeFileSync(path, JSON.stringify(change(json(path))))

test('a proof that does not hold is exit code 1', async () => {
  const proof = altered('proofs/000000', (copy) =>
    edit(join(copy, 'public.json'), (signals) => {
      const [first, ...rest] = signals as unknown as string[]
      return [String(BigInt(first!) ^ 1n), ...rest]
    }),
  )
  const ran = await zkonnx(dir, 'verify', 'model', proof, 'proofs/000000', '--json')
  expect(ran.code).toBe(1)
  expect(answer<{ valid: boolean }[]>(ran).map(({ valid }) => valid)).toEqual([false, true])
})

test('proofs with changed elements, and predictions that tell another story, do not hold', async () => {
  const swapped = altered('proofs/000000', (copy) =>
    edit(join(copy, 'proof.json'), (proof) => ({ ...proof, pi_a: proof.pi_c, pi_c: proof.pi_a })),
  )
  const told = altered('proofs/000000', (copy) =>
    edit(join(copy, 'prediction.json'), (prediction) => {
      const [output] = prediction.integer as { integers: number[] }[]
      return { ...prediction, integer: [{ ...output, integers: output!.integers.map((one) => one + 1) }] }
    }),
  )
  const bound = altered('proofs/000000', (copy) =>
    edit(join(copy, 'prediction.json'), (told) => ({ ...told, context: { kind: 'label', label: 'mine' } })),
  )
  expect(await verify(at('model'), swapped)).toMatchObject({ valid: false, reason: /does not hold/ })
  expect(await verify(at('model'), told)).toMatchObject({ valid: false, reason: /was proven/ })
  expect(await verify(at('model'), bound)).toMatchObject({ valid: false, reason: /another context/ })
})

test('malformed proofs are typed errors', async () => {
  const offCurve = altered('proofs/000000', (copy) =>
    edit(join(copy, 'proof.json'), (proof) => ({ ...proof, pi_a: ['1', '1', '1'] })),
  )
  const missing = altered('proofs/000000', (copy) => rmSync(join(copy, 'public.json')))
  const torn = altered('proofs/000000', (copy) => truncateSync(join(copy, 'prediction.json'), 40))
  await expect(verify(at('model'), offCurve)).rejects.toMatchObject({ fault: 'input', message: /pi_a/ })
  await expect(verify(at('model'), missing)).rejects.toMatchObject({ name: 'Store.MissingFileError' })
  await expect(verify(at('model'), torn)).rejects.toMatchObject({ name: 'Store.NotJsonError' })
})

/** Damage to a model's folder, and the error that proving with it must end in. */
const DAMAGE: Record<string, readonly [name: string, (copy: string) => void]> = {
  'the proving key of another circuit': [
    'Keys.KeyMismatchError',
    (copy) => cpSync(at('other', 'circuit.zkey'), join(copy, 'circuit.zkey')),
  ],
  'a proving key of the same circuit from another setup': [
    'Prover.KeyPairError',
    (copy) => cpSync(at('again', 'circuit.zkey'), join(copy, 'circuit.zkey')),
  ],
  'the verifying key of another circuit': [
    'Prover.WrongCircuitError',
    (copy) => cpSync(at('other', 'verification_key.json'), join(copy, 'verification_key.json')),
  ],
  'no keys': ['Store.MissingFileError', (copy) => rmSync(join(copy, 'verification_key.json'))],
  'a manifest that is cut short': [
    'Store.NotJsonError',
    (copy) => truncateSync(join(copy, 'manifest.json'), 99),
  ],
  'a manifest of another form': [
    'Store.SchemaError',
    (copy) => writeFileSync(join(copy, 'manifest.json'), '{}'),
  ],
}

test.each(Object.entries(DAMAGE))('%s: no proof is begun', async (_what, [name, damage]) => {
  const copy = altered('model', damage)
  await expect(prove({ dir: copy, input: at('samples.npz'), limit: 1 })).rejects.toMatchObject({ name })
})

const IN_WORKER: Record<string, (copy: string) => void> = {
  'quantized.json': (copy) => truncateSync(join(copy, 'quantized.json'), 30),
  'quantized.npz': (copy) => truncateSync(join(copy, 'quantized.npz'), 200),
  'model.onnx': (copy) => truncateSync(join(copy, 'model.onnx'), 100),
  'circuit.zkey': (copy) => truncateSync(join(copy, 'circuit.zkey'), 9000),
}

test.each(Object.entries(IN_WORKER))(
  'a damaged %s is named, and is not called a fault of ours',
  async (file, damage) => {
    const copy = altered('model', damage)
    const ran = await zkonnx(dir, 'prove', copy, '--input', 'samples.npz', '--limit', '1', '-o', 'torn')
    expect(ran).toMatchObject({ code: 2 })
    expect(ran.stderr).toContain(file)
    expect(readdirSync(at('torn'))).toEqual(['.journal.jsonl'])
  },
)

test('keys do not outlive their circuit, and a refused compilation leaves the old build whole', async () => {
  const copy = altered('model', () => {})
  const before = readFileSync(join(copy, 'manifest.json'))
  const again = (...more: string[]) =>
    zkonnx(dir, 'compile', 'model.onnx', '--data', 'samples.npz', '-o', copy, ...more)
  expect((await again('--output', 'nope')).code).toBe(2)
  expect(readFileSync(join(copy, 'manifest.json'))).toEqual(before)
  expect((await again('--bits', '6')).code).toBe(0)
  const ran = await zkonnx(dir, 'prove', copy, '--input', 'samples.npz', '--limit', '1')
  expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('Prover.WrongCircuitError') })
})

test("keys are not made for a circuit that is not the manifest's", async () => {
  const copy = altered('model', (folder) => cpSync(at('other', 'circuit.r1cs'), join(folder, 'circuit.r1cs')))
  const ran = await zkonnx(dir, 'setup', copy, '--dev')
  expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('Setup.CircuitChangedError') })
})
