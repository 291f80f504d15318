/** Boards on a chain with a compiled tiny model registered there, as the command line's users have it. */
import { join } from 'node:path'
import { readManifest } from '../../src/artifacts/manifest.js'
import { deployContract } from '../../src/chain/deploy.js'
import type { Chain, Signer } from '../../src/chain/provider.js'
import { type Entry, register, schemaOf } from '../../src/chain/register.js'
import { registerKey } from '../../src/chain/shared-verifier.js'
import type { CompiledContract } from '../../src/chain/solc.js'
import { boardSources, pickBoard } from '../../src/chain/solidity/board-contracts.js'
import { sharedVerifier } from '../../src/chain/solidity/model-contracts.js'
import { factsOf } from '../../src/chain/solidity/model-facts.js'
import { openVerificationKey } from '../../src/prover/open.js'
import { type CompileOptions, compile } from '../../src/stages/compile.js'
import { setup } from '../../src/stages/setup.js'
import { DIGESTS } from './board.js'
import { writeSmallNet } from './small-net.js'
import { compileCached, testContracts } from './solidity.js'

/** Compiles a small net with dev keys into `DIR/NAME`. */
export async function smallModel(
  dir: string,
  name: string,
  options: Pick<CompileOptions, 'disclose'> & { seed?: number } = {},
): Promise<string> {
  const { seed = 1, ...rest } = options
  await writeSmallNet(dir, { name, seed })
  const out = join(dir, name)
  const bits = { activation: 8, weight: 8, input: 8 }
  await compile({ model: join(dir, `${name}.onnx`), data: join(dir, 'samples.npz'), out, bits, ...rest })
  await setup({ dir: out, kind: 'dev' })
  return out
}

export type Market = {
  readonly registry: string
  readonly boards: readonly string[]
  readonly verifier: string
  /** With those of the tests. */
  readonly contracts: ReadonlyMap<string, CompiledContract>
  /** By the folder of the model. */
  readonly modelIds: ReadonlyMap<string, bigint>
}

/** Deploys a registry and boards, and registers the models. */
export async function openMarket(
  chain: Chain,
  signer: Signer,
  dirs: readonly string[],
  boardCount = 1,
): Promise<Market> {
  const contracts = compileCached({
    ...(await boardSources()),
    ...(await sharedVerifier()),
    ...testContracts(),
  })
  const put = async (compiled: ReturnType<typeof pickBoard>['board'], ...args: unknown[]) =>
    (await deployContract(chain, signer, compiled, args)).address
  const { registry: registryContract, board } = pickBoard(contracts)
  const registry = await put(registryContract)
  const verifier = await put(contracts.get('Groth16Verifier')!)
  const boards = []
  for (let i = 0; i < boardCount; i++) boards.push(await put(board, registry))
  const modelIds = new Map<string, bigint>()
  for (const dir of dirs) modelIds.set(dir, await registerModel(chain, signer, { registry, verifier }, dir))
  return { registry, boards, verifier, contracts, modelIds }
}

export async function registerModel(
  chain: Chain,
  signer: Signer,
  { registry, verifier }: Pick<Market, 'registry' | 'verifier'>,
  dir: string,
  uri = '',
): Promise<bigint> {
  const manifest = await readManifest(dir)
  const verificationKey = await openVerificationKey(dir, manifest.circuit.sha256)
  const { keyId } = await registerKey(chain, signer, verifier, { verificationKey, keys: 'dev' })
  const { modelId, scales } = factsOf(manifest)
  const inputScales = manifest.statement.inputs.map(({ port }) => manifest.inputs[port]!.scale)
  const schema = schemaOf(manifest.statement, { outputs: scales, inputs: inputScales })
  const entry: Entry = { digests: DIGESTS, modelId, verifier, keyId, setup: 'dev', schema, uri }
  return (await register(chain, signer, registry, entry)).id
}
