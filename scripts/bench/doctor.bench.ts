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
import { prove } from '${ROOT}dist/prover/snarkjs.js'
const [zkey, wtns] = process.argv.slice(1).map((path) => readFileSync(path))
const times = []
for (let round = 0; round < 4; round++) {
  const before = process.cpuUsage()
  await prove(zkey, wtns, { singleThread: true })
  const { user, system } = process.cpuUsage(before)
  times.push((user + system) / 1000)
}
console.log(JSON.stringify({ first: times[0], next: Math.min(...times.slice(1)) }))
process.exit(0)
`

/** Loaded into the command line: says its peak memory as it ends. */
const MEMORY = `data:text/javascript,process.on('exit',()=>console.error('peak '+process.resourceUsage().maxRSS))`

function measure(folder: string, inputs: string): { first: number; next: number; memory: number } {
  const main = join(ROOT, 'dist/cli/main.js')
  const run = (...args: string[]) => spawnSync(process.execPath, args, { encoding: 'utf8' })
  const proved = run('--import', MEMORY, main, 'prove', folder, '--input', inputs, '--limit', '1', '--json')
  expect(proved.status).toBe(0)
  const peaks = [...proved.stderr.matchAll(/peak (\d+)/g)].map(([, kilobytes]) => 1024 * Number(kilobytes))
  const witnesses = join(folder, 'witnesses')
  expect(run(main, 'witness', folder, '--input', inputs, '--limit', '1', '-o', witnesses).status).toBe(0)
  const wtns = readdirSync(witnesses, { recursive: true, encoding: 'utf8' }).find((file) =>
    file.endsWith('.wtns'),
  )
  const timed = run('--input-type=module', '-e', TIME, join(folder, 'circuit.zkey'), join(witnesses, wtns!))
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
  const { cost } = await doctor({ model, data })
  const { dir: folder } = await compile({ model, data, out: join(dir, `net${hidden}`) })
  await setup({ dir: folder, kind: 'dev' })
  const measured = measure(folder, data)
  const { proving } = cost!
  const ratio = (kind: 'first' | 'next' | 'memory') => proving![kind] / measured[kind]
  console.log(
    `${cost!.constraints} constraints: ` +
      (['first', 'next', 'memory'] as const)
        .map(
          (kind) =>
            `${kind} ${proving![kind].toExponential(2)} of ${measured[kind].toExponential(2)} (${ratio(kind).toFixed(2)})`,
        )
        .join(', '),
  )
  for (const kind of ['next', 'memory'] as const) expect(Math.abs(ratio(kind) - 1), kind).toBeLessThan(NEAR)
})
