/**
 * Time and memory of proofs, estimated and measured: `npx vitest run --config scripts/bench/vitest.config.ts doctor`.
 *
 * Circuits are nets of one hidden layer of growing width, on random weights. Each proof is made in a process of its own,
 * and `zkonnx prove`, which verifies what it makes, has to succeed first. Time is the processor's: on a machine that does
 * nothing else the clock shows the same.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { compile } from '../../src/stages/compile.js'
import { doctor } from '../../src/stages/doctor.js'
import { setup } from '../../src/stages/setup.js'
import { buildBytes, floats, randomValues, seeded, Type } from '../../test/helpers/onnx-model.js'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const INPUTS = 64
const NEAR = 0.25

const dir = mkdtempSync(join(tmpdir(), 'zkonnx-bench-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** Proves a witness on one thread, first cold, then warm; milliseconds of processor time. */
const TIME = `
import { readFileSync } from 'node:fs'
import { readManifest } from '${ROOT}dist/artifacts/manifest.js'
import { openProver } from '${ROOT}dist/prover/open.js'
const [dir, file] = process.argv.slice(1)
const [{ circuit, scheme }, wtns] = [await readManifest(dir), readFileSync(file)]
const timed = async (work) => {
  const before = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return { result, time: (user + system) / 1000 }
}
const { result: prover, time: opened } = await timed(() => openProver(dir, circuit.sha256, { scheme }))
const times = []
for (let round = 0; round < 16; round++) times.push((await timed(() => prover.prove(wtns))).time)
await prover.close()
console.log(JSON.stringify({ first: opened + times[0], next: Math.min(...times.slice(1)) }))
`

/** Loaded into the command line: says its peak memory as it ends. */
const MEMORY = `data:text/javascript,process.on('exit',()=>console.error('peak '+process.resourceUsage().maxRSS))`

function measure(folder: string, inputs: string): { first: number; next: number; memory: number } {
  const main = join(ROOT, 'dist/cli/main.js')
  const run = (...args: string[]) => spawnSync(process.execPath, args, { encoding: 'utf8' })
  const proved = run(
    '--import',
    MEMORY,
    main,
    'prove',
    folder,
    '--input',
    inputs,
    '--limit',
    '1',
    '--threads',
    '1',
    '--json',
  )
  expect(proved.status).toBe(0)
  const peaks = [...proved.stderr.matchAll(/peak (\d+)/g)].map(([, kilobytes]) => 1024 * Number(kilobytes))
  const witnesses = join(folder, 'witnesses')
  expect(run(main, 'witness', folder, '--input', inputs, '--limit', '1', '-o', witnesses).status).toBe(0)
  const wtns = readdirSync(witnesses, { recursive: true, encoding: 'utf8' }).find((file) =>
    file.endsWith('.wtns'),
  )
  const timed = run('--input-type=module', '-e', TIME, folder, join(witnesses, wtns!))
  return { ...JSON.parse(timed.stdout), memory: Math.max(...peaks) }
}

test.each([4, 32, 256, 2048])('a net of %i hidden neurons', async (hidden) => {
  const random = seeded(hidden)
  const model = join(dir, `net${hidden}.onnx`)
  const weights = (name: string, shape: number[]) => floats(name, shape, randomValues(random, shape))
  writeFileSync(
    model,
    buildBytes({
      opset: 17,
      inputs: { x: { shape: [1, INPUTS] } },
      outputs: { y: Type.FLOAT },
      initializers: [weights('a', [INPUTS, hidden]), weights('b', [hidden, 10])],
      nodes: [
        { op: 'MatMul', in: ['x', 'a'], out: ['h'] },
        { op: 'Relu', in: ['h'], out: ['r'] },
        { op: 'MatMul', in: ['r', 'b'], out: ['y'] },
      ],
    }),
  )
  const samples = Array.from({ length: 24 }, () => Array.from(randomValues(random, [INPUTS])))
  const data = join(dir, 'samples.json')
  writeFileSync(data, JSON.stringify({ input_data: samples }))
  const { cost } = await doctor({ model, data, bits: {} })
  for (const scheme of ['groth16', 'groth16-lookup'] as const) {
    const out = join(dir, `net${hidden}-${scheme}`)
    const { manifest } = await compile({ model, data, bits: {}, scheme, out })
    await setup({ dir: out, kind: 'dev' })
    const measured = measure(out, data)
    const proving = (scheme === 'groth16' ? cost! : cost!.lookup).proving!
    const said = (['first', 'next', 'memory'] as const).map((kind) => {
      const ratio = (proving[kind] / measured[kind]).toFixed(2)
      return `${kind} ${proving[kind].toExponential(2)} of ${measured[kind].toExponential(2)} (${ratio})`
    })
    console.log(`${scheme}, ${manifest.circuit.constraints} constraints: ${said.join(', ')}`)
    for (const kind of ['next', 'memory'] as const)
      expect(Math.abs(proving[kind] / measured[kind] - 1), `${scheme}: ${kind}`).toBeLessThan(NEAR)
  }
})
