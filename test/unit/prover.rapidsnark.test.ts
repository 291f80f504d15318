/**
 * How we deal with rapidsnark's program, by small programs in its place: those that fail, hang, or write nonsense, and
 * one that hands over a proof made before. (The real one runs through the backends' suite, where it is given.)
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import * as Rapidsnark from '../../src/prover/rapidsnark.js'
import * as Snarkjs from '../../src/prover/snarkjs.js'
import { until } from '../helpers/chain.js'
import { chain, keysOf } from '../helpers/prover-circuits.js'

const dir = mkdtempSync(join(tmpdir(), 'zkonnx-fake-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const { zkey, wtns, verificationKey } = await keysOf(chain(3))
const key = { path: join(dir, 'circuit.zkey'), bytes: zkey }
writeFileSync(key.path, zkey)
const made = await Snarkjs.prove(zkey, wtns, { singleThread: true })
writeFileSync(join(dir, 'made.json'), JSON.stringify(made.proof))
// as older versions end their files
writeFileSync(join(dir, 'signals.json'), `${JSON.stringify(made.publicSignals)}\0`)

/** A shell script: $1 key, $2 witness, $3 proof, $4 signals. */
function program(name: string, script: string): string {
  const path = join(dir, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

async function proveWith(path: string, timeout?: number) {
  const opened = await Rapidsnark.open(path, key, { threads: 2 }, timeout)
  return opened.prove(wtns).finally(() => opened.close())
}

const unix = test.skipIf(process.platform === 'win32')

unix('is given the key, the witness and the threads, and its proof is read', async () => {
  const path = program(
    'good',
    `cmp "$2" ${join(dir, 'w')} && [ "$1" = ${key.path} ] && [ "$OMP_NUM_THREADS" = 2 ] &&
     cp ${join(dir, 'made.json')} "$3" && cp ${join(dir, 'signals.json')} "$4"`,
  )
  writeFileSync(join(dir, 'w'), wtns)
  const { proof, publicSignals } = await proveWith(path)
  expect(await Snarkjs.verify(verificationKey, publicSignals, proof)).toBe(true)
})

unix.each([
  ['fails', 'echo "wrong curve" >&2; exit 1', /ended with code 1, and said wrong curve/],
  ['fails without a word', 'exit 7', /ended with code 7, and said nothing/],
  // some shells add a word of their own
  ['is killed', 'kill -9 $$', /ended with code 137, and said/],
  [
    'is killed after a word',
    'echo "out of memory" >&2; kill -9 $$',
    /ended with code 137, and said out of memory/,
  ],
  ['writes nothing', 'exit 0', /no such file/],
  ['writes no JSON', 'echo garbage > "$3"; echo "[]" > "$4"', /not valid JSON/],
  ['writes half a proof', `head -c 100 ${join(dir, 'made.json')} > "$3"; echo "[]" > "$4"`, /JSON/],
  ['writes no proof', 'echo "{}" > "$3"; echo "[]" > "$4"', /proof.json: pi_a/],
  [
    'writes a point that is none',
    `sed 's/"pi_a":."[0-9]*"/"pi_a":["1"/' ${join(dir, 'made.json')} > "$3"; cp ${join(dir, 'signals.json')} "$4"`,
    /not a point of the curve/,
  ],
])('a program that %s is an error that says so', async (name, script, message) => {
  const error = await proveWith(program(name.replaceAll(' ', '-'), script)).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Rapidsnark.ProgramError)
  expect((error as Error).message).toMatch(message)
})

unix('a program that is not there, or cannot run, is an error that says so', async () => {
  await expect(proveWith(join(dir, 'none'))).rejects.toThrow(/not found/)
  writeFileSync(join(dir, 'text'), 'no program')
  await expect(proveWith(join(dir, 'text'))).rejects.toThrow(/[Pp]ermission denied/)
})

const HANG = (mark: string) => `echo $$ > ${join(dir, mark)}; exec sleep 4242`
const isAlive = (mark: string) => {
  const pid = readFileSync(join(dir, mark), 'utf8').trim()
  return execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .some((row) => row.trim().startsWith(`${pid} `) && row.includes('4242'))
}

unix('a program that hangs is ended', async () => {
  await expect(proveWith(program('hangs', HANG('pid-1')), 300)).rejects.toThrow(/nothing within/)
  await until(() => !isAlive('pid-1'))
})

unix('closing ends the program, and leaves no files', async () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('zkonnx-prove-'))
  const opened = await Rapidsnark.open(program('waits', HANG('pid-2')), key, { threads: 1 })
  const proof = opened.prove(wtns).catch((error: unknown) => error)
  await until(() => existsSync(join(dir, 'pid-2')))
  await opened.close()
  expect(await proof).toBeInstanceOf(Rapidsnark.ProgramError)
  await until(() => !isAlive('pid-2'))
  const after = readdirSync(tmpdir()).filter((name) => name.startsWith('zkonnx-prove-'))
  expect(after.filter((name) => !before.includes(name))).toEqual([])
})

unix('a program does not outlive the thread that started it', async () => {
  const built = new URL('../../dist/prover/rapidsnark.js', import.meta.url).href
  const code = `
    import(${JSON.stringify(built)}).then(async ({ open }) => {
      const { path, key, wtns } = require('node:worker_threads').workerData
      await (await open(path, key, { threads: 1 })).prove(wtns)
    })`
  const workerData = { path: program('orphan', HANG('pid-3')), key, wtns }
  const worker = new Worker(code, { eval: true, execArgv: [], workerData })
  await until(() => existsSync(join(dir, 'pid-3')) && readFileSync(join(dir, 'pid-3')).length > 0)
  expect(isAlive('pid-3')).toBe(true)
  await worker.terminate()
  await until(() => !isAlive('pid-3'))
})
