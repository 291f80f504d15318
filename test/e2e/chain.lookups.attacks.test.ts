/**
 * Attacks on designs of lookups inside Groth16 that were found wrong, each made with keys whose secrets are known: the
 * contract of the wrong design takes the forgery, and ours refuses it. What a verifier alone decides is here; see
 * docs/lookups.md.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type * as R1cs from '../../src/artifacts/iden3/r1cs.js'
import { BYTES, inverse, mod, P, toBytesLE } from '../../src/base/field.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { deployContract } from '../../src/chain/deploy.js'
import { type Chain, connect, type Signer, signerFor } from '../../src/chain/provider.js'
import { verifyOnChain } from '../../src/chain/read.js'
import type { Proven } from '../../src/chain/shared-verifier.js'
import { type CompiledContract, compileSolidity } from '../../src/chain/solc.js'
import { handWritten } from '../../src/chain/solidity/model-contracts.js'
import { BASE_FIELD } from '../../src/chain/solidity/points.js'
import { renderVerifier } from '../../src/chain/solidity/verifier.js'
import type { VerificationKey } from '../../src/chain/types.js'
import { inG1, inG2 } from '../../src/prover/groth16/decimals.js'
import { G1, G2, type Group } from '../../src/prover/groth16/group.js'
import { challengeOf } from '../../src/prover/lookup/challenge.js'
import { GENERATOR_2, type LookupKey, readKey } from '../../src/prover/lookup/key.js'
import { commit, prove, respond, setup } from '../../src/prover/lookup/reference.js'
import { completeWitness } from '../../src/prover/lookup/rounds.js'
import { MODEL_ID } from '../helpers/chain.js'
import { refusal } from '../helpers/chain-calls.js'
import { SMALLEST } from '../helpers/lookup-circuits.js'
import { DRAWN, digestsOf } from '../helpers/lookup-keys.js'

/** The signal must be 0 or 1, and is looked up as it is. Wires: 1, signal, challenge, two multiplicities, three of round 2. */
const CIRCUIT = SMALLEST
const BLINDING = { kappa: 3n, r: 5n, s: 7n }

const [tau, alpha, beta, deltaD, deltaC] = DRAWN as [bigint, bigint, bigint, bigint, bigint]
const KEY = readKey(
  setup(CIRCUIT.r1cs, CIRCUIT.layout, { tau, alpha, beta, deltaD, deltaC }, digestsOf(CIRCUIT)),
)
/** D under gamma, as in ccGroth16 and BSB22, whose further proof of knowledge is left out. */
const UNDER_GAMMA = withDenominator(1n)
/** One denominator for both rounds. */
const SHARED = withDenominator(deltaC)

/** The key as it would be with another secret under D, which is refused wherever keys are read. */
function withDenominator(secret: bigint): LookupKey {
  const [ratio, by] = [mod(deltaD * inverse(secret)), mod(secret * inverse(deltaD))]
  const scaled = <T>(group: Group<T>, bytes: Uint8Array, factor: bigint) => {
    const out = new Uint8Array(bytes.length)
    for (let i = 0; i < bytes.length / group.bytes; i++)
      group.write(group.combine([group.read(bytes, i)], [factor]), out, i)
    return out
  }
  const { header, points } = KEY
  return {
    ...KEY,
    header: {
      ...header,
      deltaD1: scaled(G1, header.deltaD1, by),
      deltaD2: scaled(G2, header.deltaD2, by),
    },
    points: { ...points, d: scaled(G1, points.d, ratio) },
  }
}

let anvil: Anvil
let chain: Chain
let signer: Signer
let verifiers: ReadonlyMap<string, string>

const HASH = 'let factor := mod(keccak256(pairs, 128), R)'
/** What a lazy prover would have the verifier take for the challenge. */
const KNOWN = 987654321987654321n

/** Of a key that the renderer itself refuses, without its check. */
function renderUnchecked(name: string, key: LookupKey): string {
  const others = renderVerifier({ name, modelId: MODEL_ID, keys: 'dev', verificationKey: toFile(KEY) })
  const constants = (text: string) => text.match(/uint256 private constant NEG_COMMITMENT_.* = \d+;/g)!
  const taken = renderVerifier({
    ...{ name, modelId: MODEL_ID, keys: 'dev' },
    verificationKey: { ...toFile(key), vk_commitment_2: toFile(KEY).vk_commitment_2! },
  })
  expect(constants(taken)).toEqual(constants(others))
  const point = key === SHARED ? 'DELTA' : 'GAMMA'
  return taken.replace(
    /(NEG_COMMITMENT_..) = \d+;/g,
    (_, constant: string) => `${constant} = ${constant.replace('COMMITMENT', point)};`,
  )
}

beforeAll(async () => {
  const render = (name: string) =>
    renderVerifier({ name, modelId: MODEL_ID, keys: 'dev', verificationKey: toFile(KEY) })
  expect(render('Ours')).toContain(HASH)
  const sources = {
    'Ours.sol': render('Ours'),
    'Known.sol': render('Known').replace(HASH, `let factor := ${KNOWN}`),
    'OnlyD.sol': render('OnlyD').replace(HASH, 'let factor := mod(keccak256(pairs, 96), R)'),
    'Gamma.sol': renderUnchecked('Gamma', UNDER_GAMMA),
    'Shared.sol': renderUnchecked('Shared', SHARED),
  }
  const contracts = compileSolidity({ ...(await handWritten()), ...sources })
  anvil = await startAnvil()
  chain = await connect(anvil.url)
  signer = await signerFor(chain, { source: 'node' })
  const addresses = new Map<string, string>()
  for (const name of ['Ours', 'Known', 'OnlyD', 'Gamma', 'Shared'])
    addresses.set(name, (await put(contracts.get(`${name}Verifier`)!)).address)
  verifiers = addresses
})

afterAll(async () => {
  chain?.close()
  await anvil?.stop()
})

const put = (contract: CompiledContract) => deployContract(chain, signer, contract, [])

const ask = (name: string, { proof, signals }: Proven) =>
  verifyOnChain(chain, verifiers.get(name)!, proof, signals)

async function refused(proven: Proven) {
  expect((await refusal(ask('Ours', proven))).contractError).toBe('ProofInvalid')
}

function toFile({ header }: LookupKey): VerificationKey {
  return {
    ...{ protocol: 'groth16-lookup', curve: 'bn128', nPublic: 1 },
    vk_alpha_1: inG1(G1.read(header.alpha1, 0)),
    vk_beta_2: inG2(G2.read(header.beta2, 0)),
    vk_gamma_2: inG2(G2.read(GENERATOR_2, 0)),
    vk_delta_2: inG2(G2.read(header.deltaC2, 0)),
    vk_commitment_2: inG2(G2.read(header.deltaD2, 0)),
    IC: [0, 1, 2].map((i) => inG1(G1.read(header.ic, i))),
  }
}

function bytesOf(values: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(BYTES * values.length)
  values.forEach((value, i) => {
    toBytesLE(mod(value), bytes, BYTES * i)
  })
  return bytes
}

/** A whole witness for any signal, with the multiplicities given and a challenge at which the sums agree. */
const witness = (signal: bigint, [none, one]: readonly [bigint, bigint], challenge: bigint) =>
  bytesOf([
    ...[1n, signal, challenge, none, one],
    ...[inverse(mod(challenge - signal)), none * inverse(challenge), one * inverse(mod(challenge - 1n))],
  ])

const roundOne = (signal: bigint, [none, one]: readonly [bigint, bigint]) =>
  bytesOf([1n, signal, 0n, none, one])

test('an honest proof is taken by ours, and by wrong designs where its challenge is theirs', async () => {
  const honest = (key: LookupKey): Proven => {
    const { proof, publicSignals } = prove(key, CIRCUIT.witness.values, BLINDING)
    return { proof, signals: publicSignals }
  }
  await ask('Ours', honest(KEY))
  await ask('Gamma', honest(UNDER_GAMMA))
  await ask('Shared', honest(SHARED))
})

test('a challenge known beforehand lets any signal through; ours follows from D', async () => {
  const multiplicities = [0n, mod((KNOWN - 1n) * inverse(KNOWN - 5n))] as const
  const commitment = commit(KEY, roundOne(5n, multiplicities), BLINDING.kappa)
  const proof = respond(KEY, witness(5n, multiplicities, KNOWN), commitment, BLINDING)
  const forged = { proof, signals: ['5'] }
  await ask('Known', forged)
  await refused(forged)
})

describe('a challenge of D alone', () => {
  const multiplicities = [1n, 1n] as const
  const commitment = commit(KEY, roundOne(0n, multiplicities), BLINDING.kappa)
  const challenge = challengeOf(commitment, [])
  // the signal that balances the sum, which can be chosen once the challenge is known
  const signal = mod(challenge - inverse(mod(inverse(challenge) + inverse(mod(challenge - 1n)))))
  const proof = respond(KEY, witness(signal, multiplicities, challenge), commitment, BLINDING)
  const forged = { proof, signals: [String(signal)] }

  test('lets a signal through that is chosen after it; ours hashes signals too', async () => {
    expect(signal > 2n ** 200n).toBe(true)
    await ask('OnlyD', forged)
    await refused(forged)
  })
})

test('D under gamma can move the signal; under a denominator of its own it cannot', async () => {
  const move = (key: LookupKey) => {
    const ic = toFile(key).IC[1]!
    const point = { x: BigInt(ic[0]!), y: BigInt(ic[1]!) }
    const own = commit(key, roundOne(1n, [0n, 1n]), BLINDING.kappa)
    const sum = G1.combine([{ x: BigInt(own[0]), y: BigInt(own[1]) }, point], [1n, mod(-5n)])
    const commitment = inG1(sum)
    // of the signal 1, for the challenge of the signal 6 and of the moved D
    const full = witness(1n, [0n, 1n], challengeOf(commitment, ['6']))
    const proof = respond(key, full, own, BLINDING)
    return { proof: { ...proof, commitment }, signals: ['6'] }
  }
  await ask('Gamma', move(UNDER_GAMMA))
  await refused(move(KEY))
})

test('one denominator for both rounds lets round 1 follow the challenge; two do not', async () => {
  const late = (key: LookupKey) => {
    // committed to nothing that matters; what should have been committed to is put under C once the challenge is known
    const commitment = commit(key, roundOne(5n, [0n, 0n]), BLINDING.kappa)
    const challenge = challengeOf(commitment, ['5'])
    const multiplicity = mod((challenge - 1n) * inverse(mod(challenge - 5n)))
    const proof = respond(key, witness(5n, [0n, multiplicity], challenge), commitment, BLINDING)
    const point = G1.read(key.points.d, 1)
    const c = { x: BigInt(proof.pi_c[0]), y: BigInt(proof.pi_c[1]) }
    return { proof: { ...proof, pi_c: inG1(G1.combine([c, point], [1n, multiplicity])) }, signals: ['5'] }
  }
  await ask('Shared', late(SHARED))
  await refused(late(KEY))
})

test('keys of wrong designs are refused before there is a contract', () => {
  for (const key of [UNDER_GAMMA, SHARED]) {
    const options = { name: 'A', modelId: MODEL_ID, keys: 'dev', verificationKey: toFile(key) } as const
    expect(() => renderVerifier(options)).toThrow('its point for commitments equals gamma or delta')
  }
  const render = (change: Partial<VerificationKey>) => () =>
    renderVerifier({
      ...{ name: 'A', modelId: MODEL_ID, keys: 'dev' },
      verificationKey: { ...toFile(KEY), ...change },
    })
  const [x, y, z] = toFile(KEY).vk_delta_2 as [string[], string[], string[]]
  const opposite = [x, y.map((part) => String(BASE_FIELD - BigInt(part))), z]
  expect(render({ vk_commitment_2: opposite })).toThrow('equals gamma or delta')
  expect(render({ vk_gamma_2: opposite })).toThrow('phase 2 was skipped')
  const [one, two] = toFile(KEY).IC
  expect(render({ IC: [one!, two!, ['0', '1', '0']] })).toThrow('no proof would be bound to its challenge')
  expect(render({ IC: [one!, two!] })).toThrow('it has 2 points IC for 1 public signals')
  const { vk_commitment_2: _, ...without } = toFile(KEY)
  expect(() =>
    renderVerifier({ name: 'A', modelId: MODEL_ID, keys: 'dev', verificationKey: without }),
  ).toThrow('`vk_commitment_2` is not a list')
})

test('the second round completes what these attacks begin with', () => {
  const { r1cs, layout } = CIRCUIT
  const full = completeWitness(r1cs as R1cs.R1cs, layout, CIRCUIT.witness, KNOWN)
  expect(Buffer.compare(full.values, witness(1n, [0n, 1n], KNOWN))).toBe(0)
  expect(P > KNOWN).toBe(true)
})
