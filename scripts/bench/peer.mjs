/**
 * One measurement in a process of its own: `node peer.mjs '{"peer": "loop", "dir": ..., "input": ..., "count": 32}'`.
 *
 * Warms up, verifies what it made then, and only then times `count` samples; every proof of those is verified too, the
 * loop's after the clock has stopped, the pool's by the pool itself, within its time. Prints one JSON value.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { groth16 } from 'snarkjs'
import { readManifest } from '../../dist/artifacts/manifest.js'
import { loadFor } from '../../dist/artifacts/samples/load.js'
import { runBatch } from '../../dist/workers/batch.js'
import { openPool } from '../../dist/workers/pool.js'
import { openRuntime } from '../../dist/workers/runtime.js'

const { peer, dir, input, count, threads, backend } = JSON.parse(process.argv[2])
const WARM_UP = 2

const manifest = await readManifest(dir)
const { rows } = await loadFor(input, manifest.inputs, manifest.fixed)
const key = JSON.parse(readFileSync(join(dir, 'verification_key.json'), 'utf8'))
const task = (kind, index) => ({ kind, context: 0n, sample: { index, inputs: rows[index % rows.length] } })
const indices = (from, length) => Array.from({ length }, (_, k) => from + k)

async function check(signals, proof) {
  if (!(await groth16.verify(key, signals, proof))) throw new Error(`${peer}: a proof does not verify`)
}

/** snarkjs as its users script it: for each sample a witness, then `groth16.prove` with the key's file. */
async function loop() {
  const runtime = await openRuntime(dir)
  const one = async (index) => {
    const { wtns } = await runtime.run(task('witness', index))
    return groth16.prove(join(dir, 'circuit.zkey'), wtns)
  }
  for (const index of indices(0, WARM_UP)) {
    const { publicSignals, proof } = await one(index)
    await check(publicSignals, proof)
  }
  const proofs = []
  const times = []
  const start = performance.now()
  for (const index of indices(0, count)) {
    const begin = performance.now()
    proofs.push(await one(index))
    times.push(performance.now() - begin)
  }
  const total = performance.now() - start
  for (const { publicSignals, proof } of proofs) await check(publicSignals, proof)
  return { total, times }
}

/** Our pool: a batch, or one sample at a time with all cores on each. */
async function pool(isBatch) {
  const opened = openPool(dir, { threads, backend, ...(isBatch ? {} : { tasks: 1 }) })
  try {
    const warm = await Promise.all(
      indices(0, WARM_UP * opened.threads).map((k) => opened.run(task('prove', k))),
    )
    for (const { prediction, proof } of warm) await check(prediction.signals, proof)
    const start = performance.now()
    const times = isBatch ? await batch(opened) : await oneByOne(opened)
    return { total: performance.now() - start, times }
  } finally {
    await opened.close()
  }
}

async function batch(opened) {
  const times = []
  for await (const finished of runBatch(
    opened,
    indices(0, count).map((k) => task('prove', k)),
  )) {
    if ('error' in finished) throw finished.error
    const { infer, execute, witness, prove, verify } = finished.outcome.prediction.times
    times.push(infer + execute + witness + prove + verify)
  }
  return times
}

async function oneByOne(opened) {
  const times = []
  for (const index of indices(0, count)) {
    const begin = performance.now()
    await opened.run(task('prove', index))
    times.push(performance.now() - begin)
  }
  return times
}

const act = { loop, batch: () => pool(true), single: () => pool(false) }[peer]
const { total, times } = await act()
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
console.log(JSON.stringify({ total, times, peak: maxRSS * 1024, cpu: (userCPUTime + systemCPUTime) / 1000 }))
// snarkjs leaves its threads running, for its verifier too, as it does for every user
await globalThis.curve_bn128?.terminate()
