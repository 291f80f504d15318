/** `zkonnx doctor` as its users run it: what a terminal of 80 columns shows, the one JSON value, and the exit codes. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import type { Diagnosis } from '../../src/stages/doctor.js'
import { answer, tempDir, zkonnx } from '../helpers/cli.js'
import { buildBytes, Type } from '../helpers/onnx-model.js'

const EXAMPLE = fileURLToPath(new URL('../../examples/digits/', import.meta.url))
const MODEL = join(EXAMPLE, 'digits.onnx')
const dir = tempDir()
afterAll(() => rmSync(dir, { recursive: true, force: true }))

function blocked(): string {
  const names = Array.from({ length: 30 }, (_, i) => `a_rather_long_name_of_a_node_${i}`)
  const bytes = buildBytes({
    opset: 17,
    inputs: { x: { shape: [1, 2, 2] } },
    outputs: Object.fromEntries(names.map((_, i) => [`y${i}`, Type.FLOAT])),
    nodes: names.map((name, i) => ({ op: 'Det', in: ['x'], out: [`y${i}`], name })),
  })
  writeFileSync(join(dir, 'blocked.onnx'), bytes)
  return 'blocked.onnx'
}

test('a usable model: its layers, its costs, the command that compiles it; exit code 0', async () => {
  const { code, stdout } = await zkonnx(dir, 'doctor', MODEL, '--domain', 'image=0,16', '--bits', '6')
  expect(code).toBe(0)
  for (const said of ['/conv/Conv', 'powers of tau', 'proving key', 'gas', 'note', 'image in 0 to 16'])
    expect(stdout).toContain(said)
  const command = stdout.split('\n').find((line) => line.includes('zkonnx compile'))
  expect(command?.trim()).toBe(
    `zkonnx compile ${MODEL} --domain image=0,16 --bits 6 --data SAMPLES.npz -o build/model`,
  )
  expectToFit(stdout)
})

test('a model with thirty blockers: all named in JSON, folded for people; exit code 1', async () => {
  const [shown, json] = [
    await zkonnx(dir, 'doctor', blocked()),
    await zkonnx(dir, 'doctor', blocked(), '--json'),
  ]
  expect([shown.code, json.code]).toEqual([1, 1])
  expect(shown.stdout).toContain('30 blockers')
  expect(shown.stdout).toContain('Det (opset 17): the operator is not supported')
  expect(shown.stdout).toMatch(/and 26\s+more/)
  expectToFit(shown.stdout)
  const { usable, blockers } = answer<Diagnosis>(json)
  expect(usable).toBe(false)
  expect(new Set(blockers.map(({ node }) => node)).size).toBe(30)
  for (const { reason, hint, exportAgain } of blockers) expect([reason, hint, exportAgain]).not.toContain('')
})

test('a file that is no model, and options that make no sense: exit code 2', async () => {
  writeFileSync(join(dir, 'text.onnx'), 'no model')
  for (const args of [
    ['absent.onnx'],
    ['text.onnx'],
    [MODEL, '--dim', 'height=3'],
    [MODEL, '--output', 'z'],
    [],
  ]) {
    const { code, stderr } = await zkonnx(dir, 'doctor', ...args)
    expect(code, args.join(' ')).toBe(2)
    expect(stderr).not.toBe('')
  }
})

test('nothing is written', async () => {
  const before = readdirSync(dir)
  expect(await zkonnx(dir, 'doctor', MODEL, '--data', join(EXAMPLE, 'calibration.npz'))).toMatchObject({
    code: 0,
  })
  expect(readdirSync(dir)).toEqual(before)
})

/** Paths and commands are kept whole, to be copied. */
function expectToFit(text: string): void {
  for (const line of text.split('\n')) {
    if (!line.includes('zkonnx ')) expect(line.length, line).toBeLessThanOrEqual(80)
  }
}
