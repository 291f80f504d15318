/** A registry, a board and a registered tiny model with real proofs, on an embedded chain. */
import { expect } from 'vitest'
import { type Packing, type Part, pack } from '../../src/artifacts/statement.js'
import { RevertError, revertError } from '../../src/chain/abi.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { type Ask, type BoardAt, request, requestOf } from '../../src/chain/board.js'
import { type Context, contextOf } from '../../src/chain/context.js'
import { deployContract } from '../../src/chain/deploy.js'
import { type Chain, Contract, connect, type Interface, type Signer } from '../../src/chain/provider.js'
import { type Entry, register, schemaOf } from '../../src/chain/register.js'
import type { CompiledContract } from '../../src/chain/solc.js'
import { boardSources, pickBoard } from '../../src/chain/solidity/board-contracts.js'
import type { ModelContracts } from '../../src/chain/solidity/model-contracts.js'
import type { Hex, Proof, VerificationKey } from '../../src/chain/types.js'
import { compileTiny, MODEL_ID } from './chain.js'
import { compileCached, testContracts } from './solidity.js'
import { tinyProver } from './tiny-groth16.js'

const shown = { shows: 'values', port: 0 } as const
const OUTPUT: Part = {
  ...{ name: 'scores', first: 0, signals: 1, width: 20, perSignal: 12, count: 3, lo: -500_000 },
  ...shown,
}
const INPUT: Part = {
  ...{ name: 'x', first: 1, signals: 1, width: 8, perSignal: 31, count: 4, lo: -128 },
  ...shown,
}
/** Three scores in a signal, four inputs in a signal, and the context. */
export const ASKED = { outputs: [OUTPUT], inputs: [INPUT], context: 2 }
export const SCORES = [-500_000, 0, 499_999]
export const VALUES = [-128, 0, 1, 127]
export const DIGESTS: Entry['digests'] = {
  onnx: `0x${'01'.repeat(32)}`,
  manifest: `0x${'02'.repeat(32)}`,
  circuit: `0x${'03'.repeat(32)}`,
  verifyingKey: `0x${'04'.repeat(32)}`,
  fidelity: `0x${'05'.repeat(32)}`,
}
export const SCHEMA = schemaOf(ASKED, { outputs: [[0.25]], inputs: [[0.5]] })
export const inputSignals = (values: readonly number[] = VALUES) => pack(INPUT, values).map(String)

export type Answer = { readonly proof: Proof; readonly signals: string[]; readonly beneficiary: string }

/** Of a circuit of three signals, in either scheme. */
export type AnyProver = {
  readonly key: VerificationKey
  prove(signals: readonly bigint[]): Promise<{ proof: Proof; signals: string[] }>
}

export type TestBoard = {
  readonly chain: Chain
  readonly signers: readonly Signer[]
  readonly accounts: readonly string[]
  readonly contracts: ReadonlyMap<string, CompiledContract>
  readonly prover: AnyProver
  readonly registry: string
  readonly board: string
  readonly ledger: string
  readonly verifier: string
  readonly entry: Entry
  readonly modelId: bigint
  /** Its own contracts; the verifier is deployed. */
  readonly model: ModelContracts
  /** The board as an account sees it. */
  as(account: number): BoardAt
  put(name: string, args?: readonly unknown[]): Promise<Contract>
  at(address: string, abi: Interface): Contract
  ask(changes?: Partial<Ask>, account?: number): Promise<Hex>
  /** A valid answer, but for the parts of the context that are given. */
  answer(
    id: Hex,
    changes?: Partial<Context>,
    values?: readonly number[],
    scores?: readonly number[],
  ): Promise<Answer>
  now(): Promise<bigint>
  pass(seconds: number): Promise<void>
  stop(): Promise<void>
}

export const PROVER = 5

export async function testBoard(given?: AnyProver): Promise<TestBoard> {
  const prover = given ?? (await tinyProver(3))
  const anvil = await startAnvil()
  const chain = await connect(anvil.url, { chainId: 31337n })
  const contracts = compileCached({ ...(await boardSources()), ...testContracts() })
  const signers = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((i) => chain.provider.getSigner(i)))
  const base = await basis(chain, signers[0]!, contracts, prover.key)
  return {
    chain,
    signers,
    accounts: await Promise.all(signers.map((signer) => signer.getAddress())),
    contracts,
    prover,
    ...base,
    ...actions({ anvil, chain, signers, contracts, prover, ...base }),
  }
}

type Basis = Awaited<ReturnType<typeof basis>>

async function basis(chain: Chain, signer: Signer, contracts: TestBoard['contracts'], key: VerificationKey) {
  const compiled = pickBoard(contracts)
  const { address: registry } = await deployContract(chain, signer, compiled.registry, [])
  const { address: board } = await deployContract(chain, signer, compiled.board, [registry])
  const { address: ledger } = await deployContract(chain, signer, compiled.ledger, [registry])
  const model = await compileTiny(key, ASKED)
  const { address: verifier } = await deployContract(chain, signer, model.verifier, [])
  const entry: Entry = {
    ...{ digests: DIGESTS, modelId: MODEL_ID, verifier, setup: 'dev', schema: SCHEMA, uri: 'ipfs://model' },
  }
  const { id } = await register(chain, signer, registry, entry)
  return { registry, board, ledger, verifier, entry, modelId: id, model }
}

type World = Basis & {
  anvil: Anvil
  chain: Chain
  signers: readonly Signer[]
  contracts: TestBoard['contracts']
  prover: AnyProver
}

function actions(world: World) {
  const { anvil, chain, signers, contracts, prover, board, modelId } = world
  const as = (account: number): BoardAt => ({ chain, signer: signers[account]!, address: board })
  const now = async () => BigInt((await chain.provider.getBlock('latest'))!.timestamp)
  return {
    as,
    now,
    async put(name: string, args: readonly unknown[] = []) {
      const compiled = contracts.get(name)!
      const { address } = await deployContract(chain, signers[0]!, compiled, args)
      return new Contract(address, [...compiled.abi], signers[0]!)
    },
    at: (address: string, abi: Interface) => new Contract(address, abi, signers[0]!),
    async ask(changes: Partial<Ask> = {}, account = 1) {
      const deadline = (await now()) + 10_000n
      const asked = { modelId, input: inputSignals(), bounty: 1000n, deadline, ...changes }
      return (await request(as(account), asked)).id
    },
    async answer(
      id: Hex,
      changes: Partial<Context> = {},
      values: readonly number[] = VALUES,
      scores: readonly number[] = SCORES,
    ) {
      const { deadline } = await requestOf(chain, board, id)
      const beneficiary = await signers[PROVER]!.getAddress()
      const own = { chainId: chain.id, consumer: board, modelId: MODEL_ID, beneficiary, deadline }
      const context = contextOf({ ...own, nonce: BigInt(id), ...changes })
      const made = await prover.prove([...packed(OUTPUT, scores), ...packed(INPUT, values), context])
      return { ...made, beneficiary }
    },
    async pass(seconds: number) {
      await chain.provider.send('evm_increaseTime', [seconds])
      await chain.provider.send('evm_mine', [])
    },
    async stop() {
      chain.close()
      await anvil.stop()
    },
  }
}

const packed = (part: Packing, values: readonly number[]) => pack(part, values)

/** The refusal of an action, with the contract's error and its arguments. */
export async function refused(action: Promise<unknown>): Promise<RevertError> {
  const error = await action.then(
    () => undefined,
    (thrown: { data?: Hex }) => (thrown instanceof RevertError ? thrown : revertError(thrown.data ?? '0x')),
  )
  expect(error).toBeInstanceOf(RevertError)
  return error!
}
