/**
 * Our prover against snarkjs: `npx vitest run --config scripts/bench/vitest.config.ts prover`.
 *
 * ZKONNX_BENCH_FILES=KEY.zkey,WITNESS.wtns names a key and a witness; by default the digits example's, and circuits of
 * ZKONNX_BENCH_SIZE (60,000) constraints, one of nearly only bits and one of full values. Warm, each prover is a process that stays; proofs are made in
 * turns, each verified, and ZKONNX_BENCH_ROUNDS (5) of them timed. Ours verifies within its time. Processor time says more
 * where the machine has other work. Cold, each proof is a process, `snarkjs groth16 prove` beside ours. rapidsnark takes part where ZKONNX_RAPIDSNARK names its program.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { TIERS } from '../../src/prover/groth16/tiers.js'
import { zkeyHeader } from '../../src/prover/keys.js'
import { verify } from '../../src/prover/snarkjs.js'
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

const PATH = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const PEER = PATH('prover-peer.mjs')
const COLD = {
  snarkjs: [PATH('../../node_modules/snarkjs/build/cli.cjs'), 'groth16', 'prove'],
  zkonnx: [PATH('prover-once.mjs')],
}

const subjects: Readonly<Record<string, () => Promise<readonly [key: string, wtns: string]>>> =
  given === undefined
    ? {
        'the digits example': digits,
        [`${size} constraints, nearly all bits`]: () =>
          written('bits', { name: 'bits', ...syntheticSystem(size) }),
        [`${size} squarings`]: () => written('chain', chain(size)),
      }
    : { [given[0]!]: async () => [given[0]!, given[1]!] }

let compiled: Promise<readonly [string, string]> | undefined

function digits() {
  compiled ??= compileDigits()
  return compiled
}

async function compileDigits() {
  const main = (...args: string[]) =>
    execFileSync(process.execPath, [PATH('../../dist/cli/main.js'), ...args])
  const data = (name: string) => PATH(`../../examples/digits/${name}`)
  const [model, witness] = [join(dir, 'digits'), join(dir, 'digits-witness')]
  const samples = ['--data', data('calibration.npz'), '--holdout', data('heldout.npz')]
  main('compile', data('digits.onnx'), ...samples, '-o', model)
  main('setup', model, '--dev')
  main('witness', model, '--input', data('heldout.npz'), '--limit', '1', '-o', witness)
  return [join(model, 'circuit.zkey'), join(witness, '000000', 'witness.wtns')] as const
}

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

test.each(Object.keys(subjects))('%s, cold', async (name) => {
  const [key, wtns] = await subjects[name]!()
  const verificationKey = verificationKeyOf(zkeyHeader(key))
  const peers = Object.entries(COLD)
  const turns: Omit<Turn, 'peak'>[][] = peers.map(() => [])
  for (let round = 0; round <= rounds; round++)
    for (const [i, [peer, args]] of peers.entries()) {
      const files = ['proof', 'public'].map((what) => join(dir, `${peer}-${what}.json`))
      const begun = performance.now()
      const ran = spawnSync(process.execPath, ['--import', TELL_CPU, ...args, key, wtns, ...files], {
        encoding: 'utf8',
      })
      const wall = performance.now() - begun
      expect([ran.status, ran.stderr]).toEqual([0, expect.stringMatching(/cpu \d+/)])
      const [proof, signals] = files.map((file) => JSON.parse(readFileSync(file, 'utf8')))
      expect(await verify(verificationKey, signals, proof)).toBe(true)
      // the first round brings files into the cache
      if (round > 0) turns[i]!.push({ wall, cpu: Number(/cpu (\d+)/.exec(ran.stderr)![1]) })
    }
  const figures = turns.map((of) => ({
    wall: median(of.map(({ wall }) => wall)),
    cpu: median(of.map(({ cpu }) => cpu)),
  }))
  const [base] = figures
  console.log(`${name}, cold, median of ${rounds}`)
  console.table(
    figures.map(({ wall, cpu }, i) => ({
      prover: peers[i]![0],
      'ms by the clock': Math.round(wall),
      'times faster': (base!.wall / wall).toFixed(2),
      'ms of processor time': Math.round(cpu),
      'times less': (base!.cpu / cpu).toFixed(2),
    })),
  )
})

/** Says a process's time on the processor as it ends. */
const TELL_CPU = `data:text/javascript,process.on('exit',()=>{const{user,system}=process.cpuUsage();console.error('cpu '+Math.round((user+system)/1000))})`

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
