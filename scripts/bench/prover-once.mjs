/** One proof from a cold process, as `snarkjs groth16 prove` makes one: `node prover-once.mjs KEY WTNS PROOF PUBLIC`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { backendOf, DEFAULT_BACKEND } from '../../dist/prover/backend.js'

const [path, witness, proofFile, publicFile] = process.argv.slice(2)
const [bytes, wtns] = [path, witness].map((file) => new Uint8Array(readFileSync(file)))
const opened = await backendOf(DEFAULT_BACKEND).open({ path, bytes }, { threads: availableParallelism() })
const { proof, publicSignals, note } = await opened.prove(wtns)
if (note !== undefined) throw new Error(note)
await opened.close()
writeFileSync(proofFile, JSON.stringify(proof))
writeFileSync(publicFile, JSON.stringify(publicSignals))
