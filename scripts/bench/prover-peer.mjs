/**
 * One prover in a process of its own: `node prover-peer.mjs PEER KEY WTNS THREADS`, where PEER is `snarkjs`, `rapidsnark=PATH`
 * or a tier of ours; of a KEY.lkey, `fma` or another tier. Proves and verifies twice, and then once for each line on its input; answers each with a line of
 * JSON: milliseconds by the clock and of processor time, and the memory's peak so far.
 */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { groth16 } from 'snarkjs'
import { backendOf } from '../../dist/prover/backend.js'
import { zkeyHeader } from '../../dist/prover/keys.js'
import * as LookupKeys from '../../dist/prover/lookup/keys.js'
import * as Lookup from '../../dist/prover/lookup/prover.js'
import { verifyLookup } from '../../dist/prover/lookup/verify.js'
import { verify } from '../../dist/prover/snarkjs.js'
import { verificationKeyOf } from '../../dist/prover/verification-key.js'

const [peer, path, witness, threads] = process.argv.slice(2)
const [bytes, wtns] = [path, witness].map((file) => new Uint8Array(readFileSync(file)))

const hasLookups = path.endsWith('.lkey')

/** snarkjs alone, as it is published: with all threads that it takes, or with one. */
const published = {
  prove: () => groth16.prove(bytes, wtns, undefined, { singleThread: threads === '1' }),
}

async function opened() {
  if (hasLookups) return Lookup.open(peer, { path, bytes }, { threads: Number(threads) })
  if (peer === 'snarkjs') return published
  const program = /^rapidsnark=(.*)/.exec(peer)?.[1]
  const choice = program ? { name: 'rapidsnark', path: program } : { name: 'zkonnx', tier: peer }
  return backendOf(choice).open({ path, bytes }, { threads: Number(threads) })
}

/** After the clock has stopped; snarkjs's curve and ours cannot stand at the same time, so a process has one. */
async function check({ proof, publicSignals, note }) {
  if (note !== undefined) throw new Error(note)
  if (hasLookups) {
    const own = LookupKeys.verificationKeyOf(LookupKeys.lkeyHeader(bytes))
    if (!verifyLookup(own, publicSignals, proof)) throw new Error('the proof does not verify')
    return
  }
  const key = JSON.parse(process.env.VERIFICATION_KEY ?? 'null') ?? verificationKeyOf(zkeyHeader(bytes))
  const holds =
    peer === 'snarkjs' ? groth16.verify(key, publicSignals, proof) : verify(key, publicSignals, proof)
  if (!(await holds)) throw new Error(`${peer}: the proof does not verify`)
}

const prover = await opened()
for (let round = 0; round < 2; round++) await check(await prover.prove(wtns))
console.log('ready')
for await (const _ of createInterface({ input: process.stdin })) {
  const [start, before] = [performance.now(), process.cpuUsage()]
  const made = await prover.prove(wtns)
  const { user, system } = process.cpuUsage(before)
  const wall = performance.now() - start
  await check(made)
  console.log(
    JSON.stringify({ wall, cpu: (user + system) / 1000, peak: process.resourceUsage().maxRSS / 1024 }),
  )
}
process.exit(0)
