/**
 * A service that is killed while clients use it: each prediction that was accepted is answered with one valid proof, and
 * what was seen of a proof never changes. With ZKONNX_DEEP 200 predictions by 8 clients and ten
 * kills, ZKONNX_SEED choosing the moments, and its memory is looked at.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { JOURNAL } from '../../src/artifacts/journal.js'
import { verifyProof } from '../../src/verify.js'
import { MAIN, tempDir, zkonnx } from '../helpers/cli.js'
import { seeded } from '../helpers/onnx-model.js'
import { INPUTS, writeSmallNet } from '../helpers/small-net.js'

const deep = Boolean(process.env.ZKONNX_DEEP)
const [PREDICTIONS, CLIENTS, KILLS] = deep ? [200, 8, 10] : [12, 4, 1]
const SEED = Number(process.env.ZKONNX_SEED ?? 5)
const dir = tempDir()

// by the command line, which is loaded anyhow: this file itself stays light
beforeAll(async () => {
  await writeSmallNet(dir)
  for (const args of [COMPILE, ['setup', 'model', '--dev']]) {
    const { code, stderr } = await zkonnx(dir, ...args)
    if (code !== 0) throw new Error(stderr)
  }
})
const COMPILE = ['compile', 'model.onnx', '--data', 'samples.npz', '-o', 'model', '--bits', '8']

afterAll(() => rmSync(dir, { recursive: true, force: true }))
afterEach(() => running?.process.kill('SIGKILL'))

type Line = { kind: string; url?: string; waiting?: number }
type Running = { readonly process: ChildProcess; readonly url: string; readonly lines: Line[] }
let running: Running | undefined

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20)
}

/** Starts the command, or again with what it remembers. */
async function start(state: string, ...more: string[]): Promise<Running> {
  const args = [
    'serve',
    'model',
    '--state',
    state,
    '--port',
    '0',
    '--json',
    ...more,
    ...(deep ? [] : ['--threads', '1']),
  ]
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: Line[] = []
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(JSON.parse(line)))
  let errors = ''
  child.stderr!.on('data', (text) => {
    errors += text
  })
  await until(() => {
    if (child.exitCode !== null) throw new Error(`the service ended: ${errors}`)
    return lines.some(({ kind }) => kind === 'listening')
  })
  const { url } = lines.find(({ kind }) => kind === 'listening')!
  running = { process: child, url: url!, lines }
  return running
}

async function end({ process: child }: Running, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
  const gone = once(child, 'exit')
  child.kill(signal)
  return (await gone)[0]
}

type Accepted = { readonly id: string; readonly outputs: readonly { readonly integers: readonly number[] }[] }

/** Posts samples under keys of their own until each was accepted, wherever the service then is. */
async function client(url: () => string, name: number, count: number, seen: Map<string, Accepted>) {
  const random = seeded(name + 1)
  for (let i = 0; i < count; i++) {
    const key = `${name}/${i}`
    const body = JSON.stringify([Array.from({ length: INPUTS }, random)])
    for (;;) {
      const headers = { 'content-type': 'application/json', 'idempotency-key': key }
      const answer = await fetch(`${url()}/models/model/predictions`, { method: 'POST', headers, body })
        .then(async (response) => ({ status: response.status, json: (await response.json()) as Answer }))
        .catch(() => undefined)
      if (answer?.status === 202) {
        seen.set(key, answer.json.predictions[0]!)
        break
      }
      if (answer !== undefined) expect([429, 503]).toContain(answer.status)
      await sleep(50)
    }
  }
}
type Answer = { predictions: Accepted[] }
type ProofAnswer = { proof: unknown; public: unknown; prediction: { says: { outputs: unknown[] } } }

/** Undefined while it is not there. */
async function proofOf(url: string, id: string): Promise<ProofAnswer | undefined> {
  const response = await fetch(`${url}/predictions/${id}/proof`)
  expect([200, 202]).toContain(response.status)
  const answer = await response.json()
  return response.status === 200 ? (answer as ProofAnswer) : undefined
}

test(`${PREDICTIONS} predictions by ${CLIENTS} clients survive kills and stops, each with one valid proof`, {
  timeout: 600_000,
}, async () => {
  let service = await start('state')
  const accepted = new Map<string, Accepted>()
  const proofs = new Map<string, ProofAnswer>()
  const look = async () => {
    for (const { id } of accepted.values()) {
      const proof = await proofOf(service.url, id)
      // what was seen stays, and stays the same
      if (proofs.has(id)) expect(proof, id).toEqual(proofs.get(id))
      if (proof !== undefined) proofs.set(id, proof)
    }
  }
  const clients = Array.from({ length: CLIENTS }, (_, name) =>
    client(() => service.url, name, PREDICTIONS / CLIENTS, accepted),
  )
  await until(() => accepted.size >= PREDICTIONS / 4)
  await look()
  await end(service, 'SIGKILL')
  service = await start('state')
  // again and again, at moments of chance
  const random = seeded(SEED)
  for (let kill = 1; kill < KILLS; kill++) {
    await sleep(2_500 * random())
    await look()
    const signal = kill % 3 === 0 ? 'SIGTERM' : 'SIGKILL'
    const code = await end(service, signal)
    if (signal === 'SIGTERM') expect([code, service.lines.at(-1)!.kind]).toEqual([0, 'stopped'])
    service = await start('state')
  }
  await Promise.all(clients)
  while (proofs.size < PREDICTIONS) {
    await look()
    await sleep(100)
  }

  expect(new Set([...accepted.values()].map(({ id }) => id)).size).toBe(PREDICTIONS)
  const key = await (await fetch(`${service.url}/models/model/verification_key.json`)).json()
  for (const { id, outputs } of accepted.values()) {
    const { proof, public: signals, prediction } = proofs.get(id)!
    expect(await verifyProof(key, signals, proof), id).toBe(true)
    expect(prediction.says.outputs, id).toMatchObject(outputs.map(({ integers }) => ({ integers })))
  }
  expect(await end(service, 'SIGTERM')).toBe(0)
  expect(service.lines.at(-1)).toMatchObject({ kind: 'stopped', waiting: 0 })
  // on the disk: one folder a request, each proven once, and nothing else
  const done = join(dir, 'state', 'done')
  const folders = readdirSync(done)
  expect(folders).toHaveLength(PREDICTIONS)
  for (const folder of folders) {
    const lines = readFileSync(join(done, folder, JOURNAL), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
    expect(
      lines.filter((line) => JSON.parse(line).done !== undefined),
      folder,
    ).toHaveLength(1)
  }
  for (const place of ['pending', 'failed']) expect(readdirSync(join(dir, 'state', place))).toEqual([])
})

/** Bytes that the process holds, and those of its heap that are in use. */
async function memoryOf(url: string): Promise<{ resident: number; heap: number }> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const read = (name: string) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)![1])
  return { resident: read('process_resident_memory_bytes'), heap: read('nodejs_heap_size_used_bytes') }
}

test.skipIf(!deep)('memory does not grow with what was proven', { timeout: 900_000 }, async () => {
  const service = await start('long')
  const random = seeded(9)
  const round = async (): Promise<{ resident: number; heap: number }> => {
    for (let i = 0; i < 6; i++) {
      const body = JSON.stringify(Array.from({ length: 50 }, () => Array.from({ length: INPUTS }, random)))
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${service.url}/models/model/predictions`, { method: 'POST', headers, body })
      const { predictions } = (await answer.json()) as Answer
      for (const { id } of predictions.slice(-5))
        await (await fetch(`${service.url}/predictions/${id}/events`)).text()
    }
    return memoryOf(service.url)
  }
  const rounds = []
  for (let i = 0; i < 6; i++) rounds.push(await round())
  console.log(`memory after each 300 predictions: ${JSON.stringify(rounds)}`)
  expect(rounds.at(-1)!.resident).toBeLessThan(1.1 * rounds[1]!.resident)
  expect(rounds.at(-1)!.heap).toBeLessThan(1.5 * rounds[1]!.heap)
  await end(service, 'SIGTERM')
})
