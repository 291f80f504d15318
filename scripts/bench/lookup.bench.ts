/**
 * One model in both schemes: `npx vitest run --config scripts/bench/vitest.config.ts lookup`.
 *
 * ZKONNX_BENCH_MODEL=MODEL.onnx,SAMPLES.npz names a model; by default the digits example. ZKONNX_BENCH_FOLDERS=BITS,LOOKUPS
 * names compiled folders with keys instead. snarkjs as it is published and our prover prove the circuit of bits, our prover
 * the one of lookups: processes that stay and take turns, each proof verified, ZKONNX_BENCH_ROUNDS (5) of them timed.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const dir = mkdtempSync(join(tmpdir(), 'zkonnx-bench-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const PATH = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const digits = (name: string) => PATH(`../../examples/digits/${name}`)
const rounds = Number(process.env.ZKONNX_BENCH_ROUNDS ?? 5)
const [model, samples] = process.env.ZKONNX_BENCH_MODEL?.split(',') ?? [
  digits('digits.onnx'),
  digits('calibration.npz'),
]
const [bits, lookups] = process.env.ZKONNX_BENCH_FOLDERS?.split(',') ?? [
  compiled('groth16'),
  compiled('groth16-lookup'),
]

const PEERS = [
  { name: 'snarkjs, bits', peer: 'snarkjs', ...filesOf(bits!, 'circuit.zkey') },
  { name: 'zkonnx, bits', peer: 'fma', ...filesOf(bits!, 'circuit.zkey') },
  { name: 'zkonnx, lookups', peer: 'fma', ...filesOf(lookups!, 'circuit.lkey') },
]

function main(...args: string[]): void {
  execFileSync(process.execPath, [PATH('../../dist/cli/main.js'), ...args])
}

function compiled(scheme: string): string {
  const out = join(dir, scheme)
  main('compile', model!, '--data', samples!, '--scheme', scheme, '-o', out)
  main('setup', out, '--dev')
  return out
}

function filesOf(folder: string, file: string) {
  const out = join(dir, `${file}-witness`)
  main('witness', folder, '--input', samples!, '--limit', '1', '-o', out)
  const { circuit } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
  const key = join(folder, file)
  return { key, wtns: join(out, '000000', 'witness.wtns'), rows: circuit.constraints as number }
}

type Turn = { readonly wall: number; readonly cpu: number; readonly peak: number }

test.each([1, 2])('threads: %i', async (threads) => {
  const peers = []
  for (const { peer, key, wtns } of PEERS) peers.push(await start(peer, key, wtns, threads))
  const turns: Turn[][] = PEERS.map(() => [])
  for (let round = 0; round < rounds; round++)
    for (const [i, { prove }] of peers.entries()) turns[i]!.push(await prove())
  for (const { end } of peers) end()
  const figures = turns.map((of) => ({
    wall: median(of.map(({ wall }) => wall)),
    least: Math.min(...of.map(({ wall }) => wall)),
    cpu: median(of.map(({ cpu }) => cpu)),
    peak: Math.max(...of.map(({ peak }) => peak)),
  }))
  const base = figures[0]!
  console.log(`threads: ${threads}, median of ${rounds}`)
  console.table(
    figures.map(({ wall, least, cpu, peak }, i) => ({
      prover: PEERS[i]!.name,
      rows: PEERS[i]!.rows,
      'MB of key': (statSync(PEERS[i]!.key).size / 1e6).toFixed(1),
      'ms by the clock': Math.round(wall),
      'at least': Math.round(least),
      'times faster': (base.wall / wall).toFixed(1),
      'ms of processor time': Math.round(cpu),
      'times less': (base.cpu / cpu).toFixed(1),
      'MB at most': Math.round(peak),
    })),
  )
  expect(figures.every(({ wall }) => wall > 0)).toBe(true)
})

async function start(peer: string, key: string, wtns: string, threads: number) {
  const args = [PATH('prover-peer.mjs'), peer, key, wtns, String(threads)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${peer} ended`)
    return value as string
  }
  expect(await next()).toBe('ready')
  return {
    prove: async (): Promise<Turn> => {
      child.stdin.write('\n')
      return JSON.parse(await next())
    },
    end: () => child.stdin.end(),
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
