/**
 * `npm run bench -- [DIR INPUT] [--samples 32] [--rounds 3] [--threads N] [--out FOLDER] [--only NAMES] [--no-circom]`
 *
 * Proves the same model and samples (by default the digits example) through snarkjs as a user would script it, through
 * our pool with each backend there is, and, where its program is found, through rapidsnark; as a batch and one at a
 * time. Each measurement is a process of its own (peer.mjs), rounds take turns, and nothing is timed before it verified.
 * Prints medians and ratios; writes results.json and results.svg.
 */
import { execFileSync } from 'node:child_process'
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readManifest } from '../../dist/artifacts/manifest.js'
import { table } from '../../dist/cli/output.js'
import { compile } from '../../dist/stages/compile.js'
import { setup } from '../../dist/stages/setup.js'
import { compareCircom } from './circom.mjs'
import { plot } from './plot.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    samples: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(availableParallelism()) },
    out: { type: 'string', default: join(ROOT, 'artifacts', 'bench') },
    only: { type: 'string', default: '' },
    'no-circom': { type: 'boolean', default: false },
  },
})
const [samples, rounds, threads] = [values.samples, values.rounds, values.threads].map(Number)
const scratch = mkdtempSync(join(tmpdir(), 'zkonnx-bench-'))

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
}

/** The digits example, compiled with dev keys, unless a folder is named. */
async function subject() {
  if (positionals.length === 2) return positionals
  const dir = join(scratch, 'digits')
  const example = (name) => join(ROOT, 'examples', 'digits', name)
  const [data, holdout] = [example('calibration.npz'), example('heldout.npz')]
  await compile({ model: example('digits.onnx'), data, holdout, out: dir })
  await setup({ dir, kind: 'dev' })
  return [dir, holdout]
}

/** rapidsnark's program: ZKONNX_RAPIDSNARK, or `prover` or `rapidsnark` on the path. */
function findRapidsnark() {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const places = folders.flatMap((folder) => [join(folder, 'rapidsnark'), join(folder, 'prover')])
  return [process.env.ZKONNX_RAPIDSNARK, ...places].find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return statSync(path).isFile()
    } catch {
      return false
    }
  })
}

function peersOf(rapidsnark) {
  const backends = [
    { name: 'snarkjs' },
    { name: 'zkonnx' },
    ...(rapidsnark === undefined ? [] : [{ name: 'rapidsnark', path: rapidsnark }]),
  ]
  const cores = (count) => `${count} ${count === 1 ? 'core' : 'cores'}`
  return [
    { name: 'loop of snarkjs', peer: 'loop' },
    ...backends.flatMap((backend) => [
      { name: `pool, ${backend.name}, ${cores(threads)}`, peer: 'batch', backend, threads },
      ...(threads > 1 ? [{ name: `pool, ${backend.name}, 1 core`, peer: 'batch', backend, threads: 1 }] : []),
      { name: `one at a time, ${backend.name}, ${cores(threads)}`, peer: 'single', backend, threads },
    ]),
  ].filter(({ name }) => name === 'loop of snarkjs' || name.includes(values.only))
}

function measure(peer, dir, input) {
  const facts = JSON.stringify({ ...peer, dir, input, count: samples })
  const args = [fileURLToPath(new URL('peer.mjs', import.meta.url)), facts]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 26 }))
}

async function compareProvers(dir, input) {
  const peers = peersOf(findRapidsnark()).map((peer) => ({ ...peer, runs: [] }))
  for (let round = 0; round < rounds; round++) {
    for (const peer of peers) {
      process.stderr.write(`round ${round + 1} of ${rounds}: ${peer.name}\n`)
      const { runs, ...facts } = peer
      runs.push(measure(facts, dir, input))
    }
  }
  const rateOf = (run) => (1000 * samples) / run.total
  return peers.map(({ name, runs }) => ({
    name,
    rate: median(runs.map(rateOf)),
    /** Against the loop of the same round. */
    ratio: median(runs.map((run, round) => rateOf(run) / rateOf(peers[0].runs[round]))),
    sample: median(runs.flatMap((run) => run.times)),
    peak: Math.max(...runs.map(({ peak }) => peak)),
    runs,
  }))
}

try {
  const [dir, input] = await subject()
  const { circuit } = await readManifest(dir)
  const key = statSync(join(dir, 'circuit.zkey')).size
  const machine = `${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.versions.node}`
  console.log(`${samples} samples, ${rounds} rounds; ${machine}`)
  const size = `${circuit.constraints.toLocaleString('en-US')} constraints, a key of ${(key / 1e6).toFixed(1)} MB`
  console.log(size)
  const provers = await compareProvers(dir, input)
  const right = { align: 'right' }
  const columns = [
    { title: 'prover' },
    ...['proofs a second', 'of the loop', 'one sample', 'peak memory'].map((title) => ({ title, ...right })),
  ]
  console.log(
    table(
      columns,
      provers.map(({ name, rate, ratio, sample, peak }) => [
        name,
        rate.toFixed(2),
        `${ratio.toFixed(2)} x`,
        `${sample.toFixed(0)} ms`,
        `${(peak / 1e6).toFixed(0)} MB`,
      ]),
    ),
  )
  const compilers = values['no-circom'] ? [] : await compareCircom(scratch, rounds)
  for (const { name, constraints, milliseconds } of compilers)
    console.log(`  compile 64-32-10: ${name}, ${milliseconds.toFixed(0)} ms, ${constraints} constraints`)
  mkdirSync(values.out, { recursive: true })
  const facts = { machine, samples, rounds, constraints: circuit.constraints, key, provers, compilers }
  writeFileSync(join(values.out, 'results.json'), `${JSON.stringify(facts, null, 2)}\n`)
  writeFileSync(join(values.out, 'results.svg'), plot(`Proofs a second: ${size}; ${machine}`, provers))
  console.log(`written to ${values.out}`)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
