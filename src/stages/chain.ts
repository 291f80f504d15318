/** A compiled model on a chain: its contracts deployed, its proofs recorded, its predictions read back. */
import { z } from 'zod'
import { readManifest, schemeOf } from '../artifacts/manifest.js'
import { pathOf } from '../artifacts/paths.js'
import type { ContextRecord } from '../artifacts/proof-folder.js'
import type { Scheme } from '../artifacts/scheme.js'
import { signalCount } from '../artifacts/statement.js'
import { MissingFileError, readJson, writeAtomic, writeJson } from '../artifacts/store.js'
import { sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import { sizeOf } from '../base/tensor.js'
import { type Deployment, deploy } from '../chain/deploy.js'
import { estimateGas, type GasChoice, type GasEstimate, gasPlan } from '../chain/gas.js'
import { type Chain, isLocal, type Signer } from '../chain/provider.js'
import { compileModelContracts, type ModelContracts } from '../chain/solidity/model-contracts.js'
import { factsOf } from '../chain/solidity/model-facts.js'
import { openTrustedKey } from '../prover/open.js'

const Sha256 = z.templateLiteral(['sha256:', z.string()])
const Hex = z.templateLiteral(['0x', z.string()])
export const DeploymentFile = z.object({
  format: z.literal('zkonnx-deployment/1'),
  chainId: z.string(),
  /** Whether the chain is the embedded one, whose state is kept beside this file. */
  embedded: z.boolean(),
  modelId: Hex,
  verifier: z.object({ address: z.string(), transaction: z.string(), gas: z.string() }),
  record: z.object({ address: z.string(), transaction: z.string(), gas: z.string() }),
  /** SHA-256 of the creation codes, without constructor arguments. */
  code: z.object({ verifier: Sha256, record: Sha256 }).optional(),
  /** Dev keys on a chain that is not local: their maker can forge every prediction. */
  forgeable: z.literal(true).optional(),
})

export type DeploymentFile = z.infer<typeof DeploymentFile>

/**
 * Compiles the model's contracts, deploys them, and writes sources and addresses into the folder.
 * Throws `DevKeysError` for dev keys on a public chain before anything is sent, unless predictions may be `forgeable`
 * there, and the chain's errors.
 */
export async function deployModel(
  dir: string,
  chain: OpenChain,
  options: { readonly forgeable?: boolean } = {},
): Promise<Deployment & { readonly forgeable: boolean }> {
  const manifest = await readManifest(dir)
  const verificationKey = await openTrustedKey(dir, manifest)
  const keys = verificationKey.zkonnx?.setup === 'dev' ? 'dev' : 'ceremony'
  // before the contracts are compiled, which takes longer than to find that a password is wrong
  const signer = await chain.signer()
  const forgeable = keys === 'dev' && options.forgeable === true && !isLocal(chain.chain.id)
  const contracts = await compileModelContracts({ ...factsOf(manifest), keys, verificationKey, forgeable })
  const deployment = await deploy(chain.chain, signer, contracts)
  for (const [name, text] of Object.entries(contracts.generated)) {
    await writeAtomic(`${pathOf(dir, 'contracts')}/${name}`, text)
  }
  await writeJson(pathOf(dir, 'deployment'), toFile(deployment, chain.embedded, contracts))
  return { ...deployment, forgeable }
}

export type DeploymentPlan = {
  readonly scheme: Scheme
  readonly signals: number
  readonly gas: GasEstimate
  /** What the model would cost if it were compiled to show more or less. */
  readonly choices: readonly GasChoice[]
}

/** What deploying and using a compiled model would cost. Sends nothing, and needs neither keys nor a chain. */
export async function planDeployment(dir: string): Promise<DeploymentPlan> {
  const manifest = await readManifest(dir)
  const { inputs, outputs, statement } = manifest
  const scheme = schemeOf(manifest)
  const ranged = inputs.map(({ name, shape, lo, hi }) => ({
    ...{ name, shape, count: sizeOf(shape) },
    lo: lo.reduce((least, value) => Math.min(least, value)),
    hi: hi.reduce((most, value) => Math.max(most, value)),
  }))
  const counted = outputs.map((port) => ({ ...port, count: sizeOf(port.shape) }))
  return {
    signals: signalCount(statement),
    scheme,
    gas: estimateGas(statement, scheme),
    choices: gasPlan(ranged, counted, { model: statement.model?.commitment, scheme }),
  }
}

/** A connection, and who pays on it. */
export type OpenChain = {
  readonly chain: Chain
  readonly embedded: boolean
  signer(): Promise<Signer>
}

/**
 * Throws `NotDeployedError` where the folder names no deployment, `OtherDeploymentError` where it names that of an
 * earlier build.
 */
export async function readDeployment(dir: string): Promise<DeploymentFile> {
  const deployment = await readJson(pathOf(dir, 'deployment'), DeploymentFile).catch((error: unknown) => {
    throw error instanceof MissingFileError ? new NotDeployedError(dir) : error
  })
  const { modelId } = factsOf(await readManifest(dir))
  if (deployment.modelId !== modelId) throw new OtherDeploymentError(dir, deployment.modelId, modelId)
  return deployment
}

/** The context of a proof that the deployed record will accept. */
export function contextFor(
  deployment: Pick<DeploymentFile, 'chainId' | 'modelId' | 'record'>,
  terms: { readonly beneficiary: string; readonly nonce: bigint; readonly deadline: bigint },
): ContextRecord {
  return {
    kind: 'chain',
    chainId: deployment.chainId,
    consumer: deployment.record.address,
    modelId: deployment.modelId,
    beneficiary: terms.beneficiary,
    nonce: terms.nonce.toString(),
    deadline: terms.deadline.toString(),
  }
}

/** The digests of what a deployment sends. */
export function codeOf({ verifier, record }: ModelContracts): NonNullable<DeploymentFile['code']> {
  const digest = ({ bytecode }: ModelContracts['record']) => sha256(Buffer.from(bytecode.slice(2), 'hex'))
  return { verifier: digest(verifier), record: digest(record) }
}

function toFile(
  { chainId, modelId, verifier, record }: Deployment,
  embedded: boolean,
  contracts: ModelContracts,
): DeploymentFile {
  const text = ({ address, transaction, gas }: Deployment['record']) => ({
    address,
    transaction,
    gas: gas.toString(),
  })
  return {
    format: 'zkonnx-deployment/1',
    chainId: chainId.toString(),
    embedded,
    modelId,
    verifier: text(verifier),
    record: text(record),
    code: codeOf(contracts),
    ...(contracts.forgeable ? { forgeable: true } : {}),
  }
}

export class NotDeployedError extends BaseError {
  override name = 'Chain.NotDeployedError'
  constructor(readonly dir: string) {
    super(`The model in ${dir} is not deployed: there is no deployment.json.`, {
      hint: `deploy it first: zkonnx deploy ${dir}`,
    })
  }
}

export class OtherDeploymentError extends BaseError {
  override name = 'Chain.OtherDeploymentError'
  constructor(
    readonly dir: string,
    found: string,
    expected: string,
  ) {
    super(`What is deployed is not the model that is in ${dir} now.`, {
      details: [`deployed: ${found}`, `here:     ${expected}`],
      hint: `deploy it again: zkonnx deploy ${dir}; to prove without a chain, add --unbound`,
    })
  }
}
