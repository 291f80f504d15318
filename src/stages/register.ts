/**
 * A compiled model in the registry: its verifying key in the verifier of many keys (or the verifier of its own that it
 * is deployed with), and an entry that says which model it is. Its predictions then go to the ledger.
 */
import { z } from 'zod'
import { digestOf, type Manifest, readManifest } from '../artifacts/manifest.js'
import { pathOf } from '../artifacts/paths.js'
import { MissingFileError, readJson, writeJson } from '../artifacts/store.js'
import { canonicalJson, type Sha256, sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import { type CommonName, common, provide, stands } from '../chain/commons.js'
import { DevKeysError } from '../chain/deploy.js'
import { isLocal } from '../chain/provider.js'
import { type Entry, entryId, NONE, register, type Setup, schemaOf } from '../chain/register.js'
import { isKeyRegistered, keyIdOf, registerKey, sharedName } from '../chain/shared-verifier.js'
import type { SharedName } from '../chain/solidity/model-contracts.js'
import { factsOf } from '../chain/solidity/model-facts.js'
import type { Hex } from '../chain/types.js'
import { keyDigest } from '../prover/keys.js'
import { openTrustedKey } from '../prover/open.js'
import type { AnyVerificationKey } from '../prover/schemes.js'
import { type OpenChain, readDeployment } from './chain.js'

const HexText = z.templateLiteral(['0x', z.string()])
const Decimal = z.string().regex(/^\d+$/)
const RegistrationFile = z.object({
  format: z.literal('zkonnx-registration/1'),
  chainId: Decimal,
  embedded: z.boolean(),
  /** Inside contexts. */
  modelId: HexText,
  /** In the registry. */
  id: Decimal,
  publisher: z.string(),
  registry: z.string(),
  ledger: z.string(),
  /** The board of requests for models of the registry, where it stands. */
  board: z.string().optional(),
  verifier: z.string(),
  /** None of a verifier of the model's own. */
  keyId: HexText.optional(),
  setup: z.enum(['unknown', 'dev', 'ceremony']),
})

export type RegistrationFile = z.infer<typeof RegistrationFile>

export type RegisterOptions = {
  /** Where manifest, keys and report can be found. */
  readonly uri?: string
  /** The entry that this is a new version of. */
  readonly predecessor?: bigint
  /** The verifier that the model is deployed with, instead of one of many keys. */
  readonly ownVerifier?: boolean
  /** Other contracts than those that stand at one address on every chain. */
  readonly verifier?: string
  readonly registry?: string
  readonly ledger?: string
  /** Whether the board of requests is wanted too. */
  readonly withBoard?: boolean
  /** Whether to deploy what is missing of those on a chain with value; on a local chain it always is. */
  readonly deployMissing?: boolean
  /** Told before each transaction or compilation that takes a while. */
  readonly onStep?: (step: string) => void
}

/** A transaction that registering took. */
export type RegisterStep = {
  readonly what: CommonName | 'verifying key' | 'registry entry'
  readonly address: string
  readonly transaction: string
  readonly gas: bigint
}

export type RegisteredModel = RegistrationFile & {
  /** None where all was there already. */
  readonly steps: readonly RegisterStep[]
  /** The entry that this folder was registered as before, where that is another and no predecessor of this one. */
  readonly before?: string
}

/**
 * Registers a model, and writes where into its folder. What is there already is left as it is, so that a run which broke
 * off can be repeated. Throws what `openTrustedKey` throws and `DevKeysError` for dev keys on a public chain before anything is sent, the errors of
 * `provide`, `RevertError`, and the errors of `reach`.
 */
export async function registerModel(
  dir: string,
  open: OpenChain,
  options: RegisterOptions = {},
): Promise<RegisteredModel> {
  const { chain } = open
  const manifest = await readManifest(dir)
  const key = await openTrustedKey(dir, manifest)
  // of keys that other tools made nothing is known
  const setup = key.zkonnx?.setup ?? 'unknown'
  if (setup === 'dev' && !isLocal(chain.id)) throw new DevKeysError(chain.id)
  const { places, steps } = await placesFor(dir, open, sharedName(key), options)
  const signer = await open.signer()
  let keyId: Hex | undefined
  if (options.ownVerifier !== true) {
    const keys = setup === 'dev' ? 'dev' : 'ceremony'
    keyId = keyIdOf(key, keys)
    if (!(await isKeyRegistered(chain, places.verifier, keyId))) {
      options.onStep?.('registering the verifying key')
      const { transaction, gas } = await registerKey(chain, signer, places.verifier, {
        verificationKey: key,
        keys,
      })
      steps.push({ what: 'verifying key', address: places.verifier, transaction, gas })
    }
  }
  const entry = entryOf(manifest, key, { ...options, verifier: places.verifier, setup, keyId })
  const publisher = await signer.getAddress()
  const { id, registered } = await entryId(chain, places.registry, publisher, entry)
  if (!registered) {
    options.onStep?.('registering the model')
    const { transaction, gas } = await register(chain, signer, places.registry, entry)
    steps.push({ what: 'registry entry', address: places.registry, transaction, gas })
  }
  const before = await earlier(dir, String(chain.id), id, options.predecessor)
  const file: RegistrationFile = {
    format: 'zkonnx-registration/1',
    chainId: String(chain.id),
    embedded: open.embedded,
    modelId: entry.modelId,
    id: String(id),
    publisher,
    ...places,
    ...(keyId === undefined ? {} : { keyId }),
    setup,
  }
  await writeJson(pathOf(dir, 'registration'), file)
  return { ...file, steps, ...(before === undefined ? {} : { before }) }
}

/**
 * Throws `NotRegisteredError` where the folder names no registration, `OtherRegistrationError` where it names that of an
 * earlier build.
 */
export async function readRegistration(dir: string): Promise<RegistrationFile> {
  const file = await readJson(pathOf(dir, 'registration'), RegistrationFile).catch((error: unknown) => {
    throw error instanceof MissingFileError ? new NotRegisteredError(dir) : error
  })
  const { modelId } = factsOf(await readManifest(dir))
  if (file.modelId !== modelId) throw new OtherRegistrationError(dir, file.modelId, modelId)
  return file
}

type Places = Readonly<Record<'verifier' | 'registry' | 'ledger', string>> & { readonly board?: string }

/** Which contracts to use, each there: those that are named, else those that all models share. */
async function placesFor(
  dir: string,
  open: OpenChain,
  shareable: SharedName,
  { verifier, registry, ledger, withBoard, ownVerifier = false, deployMissing, onStep }: RegisterOptions,
): Promise<{ places: Places; steps: RegisterStep[] }> {
  const own = ownVerifier ? (await readDeployment(dir)).verifier.address : verifier
  onStep?.('looking for the contracts that models share')
  const shared = {
    ...(own === undefined ? { verifier: await common(shareable) } : {}),
    ...(registry === undefined ? { registry: await common('ModelRegistry') } : {}),
    ...(ledger === undefined ? { ledger: await common('PredictionLedger', registry) } : {}),
  }
  const board = await common('PredictionBoard', registry)
  const wanted = [...Object.values(shared), ...(withBoard ? [board] : [])]
  const consent = deployMissing === true ? { consent: true } : {}
  const deployed = await provide(open.chain, await open.signer(), wanted, consent)
  const places = {
    verifier: own ?? shared.verifier!.address,
    registry: registry ?? shared.registry!.address,
    ledger: ledger ?? shared.ledger!.address,
    ...((await stands(open.chain, board)) ? { board: board.address } : {}),
  }
  return { places, steps: deployed.map(({ name, ...rest }) => ({ what: name, ...rest })) }
}

function entryOf(
  manifest: Manifest,
  key: AnyVerificationKey,
  options: RegisterOptions & { verifier: string; setup: Setup; keyId: Hex | undefined },
): Entry {
  const { uri, predecessor, verifier, setup, keyId } = options
  const { modelId, scales, commitment } = factsOf(manifest)
  const { statement, inputs, model, fidelity, circuit } = manifest
  const inputScales = statement.inputs.map(({ port }) => inputs[port]!.scale)
  return {
    digests: {
      // the first is the model's, the others are its external data, which the manifest names
      onnx: model.files[0] === undefined ? NONE : word(model.files[0].sha256),
      manifest: word(digestOf(manifest)),
      circuit: word(circuit.sha256),
      verifyingKey: word(keyDigest(key)),
      fidelity: fidelity === undefined ? NONE : word(sha256(canonicalJson(fidelity))),
    },
    modelId,
    verifier,
    setup,
    schema: schemaOf(statement, { outputs: scales, inputs: inputScales }),
    ...(keyId === undefined ? {} : { keyId }),
    ...(commitment === undefined ? {} : { weights: commitment.value }),
    ...(predecessor === undefined ? {} : { predecessor }),
    ...(uri === undefined ? {} : { uri }),
  }
}

function word(digest: Sha256): Hex {
  return `0x${digest.slice('sha256:'.length)}`
}

/** What the folder was registered as on this chain, unless that is the same entry or the one that is named. */
async function earlier(
  dir: string,
  chainId: string,
  id: bigint,
  predecessor: bigint | undefined,
): Promise<string | undefined> {
  const file = await readJson(pathOf(dir, 'registration'), RegistrationFile).catch(() => undefined)
  const known = [String(id), String(predecessor)]
  return file === undefined || file.chainId !== chainId || known.includes(file.id) ? undefined : file.id
}

export class NotRegisteredError extends BaseError {
  override name = 'Chain.NotRegisteredError'
  constructor(readonly dir: string) {
    super(`The model in ${dir} is not registered: there is no registration.json.`, {
      hint: `register it first: zkonnx register ${dir}`,
    })
  }
}

export class OtherRegistrationError extends BaseError {
  override name = 'Chain.OtherRegistrationError'
  constructor(
    readonly dir: string,
    found: string,
    expected: string,
  ) {
    super(`What is registered is not the model that is in ${dir} now.`, {
      details: [`registered: ${found}`, `here:       ${expected}`],
      hint: `register it again: zkonnx register ${dir}`,
    })
  }
}
