/**
 * Our prover against snarkjs: `npx vitest run --config scripts/bench/vitest.config.ts prover`.
 *
 * ZKONNX_BENCH_FILES=KEY.zkey,WITNESS.wtns names a key and a witness; by default circuits of ZKONNX_BENCH_SIZE (60,000)
 * constraints, one of nearly only bits and one of full values. Each prover is a process that stays; proofs are made in
 * turns, each verified, and ZKONNX_BENCH_ROUNDS (5) of them timed. Ours verifies within its time. Processor time says more
 * where the machine has other work. rapidsnark takes part where ZKONNX_RAPIDSNARK names its program.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { TIERS } from '../../src/prover/groth16/tiers.js'
import { zkeyHeader } from '../../src/prover/keys.js'
import { verificationKeyOf } from '../../src/prover/verification-key.js'
import { chain, keysOf } from '../../test/helpers/prover-circuits.js'
import { syntheticSystem } from '../../test/helpers/synthetic.js'

const dir = mkdtempSync(join(tmpdir(), 'zkonnx-bench-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const size = Number(process.env.ZKONNX_BENCH_SIZE ?? 60_000)
const rounds = Number(process.env.ZKONNX_BENCH_ROUNDS ?? 5)
const given = process.env.ZKONNX_BENCH_FILES?.split(',')
const program = process.env.ZKONNX_RAPIDSNARK
const PEERS = [
  'snarkjs',
  ...TIERS.map(({ name }) => name),
  ...(program === undefined ? [] : [`rapidsnark=${program}`]),
]
const PEER = fileURLToPath(new URL('prover-peer.mjs', import.meta.url))

const subjects: Readonly<Record<string, () => Promise<readonly [key: string, wtns: string]>>> =
  given === undefined
    ? {
        [`${size} constraints, nearly all bits`]: () =>
          written('bits', { name: 'bits', ...syntheticSystem(size) }),
        [`${size} squarings`]: () => written('chain', chain(size)),
      }
    : { [given[0]!]: async () => [given[0]!, given[1]!] }

async function written(name: string, circuit: Parameters<typeof keysOf>[0]) {
  const { zkey, wtns } = await keysOf(circuit)
  const files = [join(dir, `${name}.zkey`), join(dir, `${name}.wtns`)] as const
  writeFileSync(files[0], zkey)
  writeFileSync(files[1], wtns)
  return files
}

type Turn = { readonly wall: number; readonly cpu: number; readonly peak: number }

test.each(Object.keys(subjects).flatMap((name) => [1, 2].map((threads) => [name, threads] as const)))(
  '%s, threads: %i',
  async (name, threads) => {
    const [key, wtns] = await subjects[name]!()
    const verificationKey = JSON.stringify(verificationKeyOf(zkeyHeader(key)))
    const peers = []
    for (const peer of PEERS) peers.push(await start(peer, [key, wtns, String(threads)], verificationKey))
    const turns: Turn[][] = PEERS.map(() => [])
    for (let round = 0; round < rounds; round++)
      for (const [i, { prove }] of peers.entries()) turns[i]!.push(await prove())
    for (const { child } of peers) child.stdin!.end()
    const figures = turns.map((of) => ({
      wall: median(of.map(({ wall }) => wall)),
      cpu: median(of.map(({ cpu }) => cpu)),
      peak: Math.max(...of.map(({ peak }) => peak)),
    }))
    const [base] = figures
    const table = figures.map(({ wall, cpu, peak }, i) => ({
      prover: PEERS[i]!.replace(/=.*/, ''),
      'ms by the clock': Math.round(wall),
      'times faster': (base!.wall / wall).toFixed(2),
      'ms of processor time': Math.round(cpu),
      'times less': (base!.cpu / cpu).toFixed(2),
      'MB at most': Math.round(peak),
    }))
    console.log(`${name}, threads: ${threads}, median of ${rounds}`)
    console.table(table)
    expect(figures.every(({ wall }) => wall > 0)).toBe(true)
  },
)

async function start(peer: string, args: readonly string[], verificationKey: string) {
  const env = { ...process.env, VERIFICATION_KEY: verificationKey }
  const child: ChildProcess = spawn(process.execPath, [PEER, peer, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env,
  })
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${peer} ended`)
    return value as string
  }
  expect(await next()).toBe('ready')
  return {
    child,
    async prove(): Promise<Turn> {
      child.stdin!.write('\n')
      return JSON.parse(await next())
    },
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
}
