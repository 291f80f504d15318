/** Proven predictions handed in: to the record that a model is deployed with, or to the ledger that it is registered with. */
import { type Manifest, readManifest } from '../artifacts/manifest.js'
import type { ContextRecord } from '../artifacts/proof-folder.js'
import { BaseError } from '../base/errors.js'
import { storesFree } from '../chain/gas.js'
import {
  BatchRefusedError,
  type BatchSubmission,
  type LedgerAt,
  ledgerPrediction,
  recordBatch,
  recordOne,
} from '../chain/ledger.js'
import { announcedPrediction, type RecordedPrediction } from '../chain/read.js'
import { type Submission, submit } from '../chain/submit.js'
import type { Terms } from '../chain/types.js'
import {
  type DeploymentFile,
  NotDeployedError,
  type OpenChain,
  OtherDeploymentError,
  readDeployment,
} from './chain.js'
import {
  NotRegisteredError,
  OtherRegistrationError,
  type RegistrationFile,
  readRegistration,
} from './register.js'
import { type ProofFiles, readProof } from './verify.js'

export type SubmitOptions = {
  /** Whether the record stores the output; by default where it takes no slot of its own. The ledger stores none. */
  readonly store?: boolean
}

export type Recorded = {
  readonly folder: string
  readonly submission: Submission
  /** What the chain now answers. */
  readonly onChain: RecordedPrediction
}

/** Where a model's predictions go: what its folder says of deployments and registrations. */
export type Targets = {
  readonly deployment?: DeploymentFile
  readonly registration?: RegistrationFile
}

/**
 * Throws `NotDeployedError` where there is neither, and what reading them throws where neither can be used: one that an
 * earlier build left behind is passed over if the other is of this one.
 */
export async function readTargets(dir: string): Promise<Targets> {
  const [deployment, registration] = await Promise.allSettled([readDeployment(dir), readRegistration(dir)])
  for (const result of [deployment, registration])
    if (result.status === 'rejected' && !isAbsent(result.reason)) throw result.reason
  if (deployment.status === 'rejected' && registration.status === 'rejected')
    throw registration.reason instanceof NotRegisteredError ? deployment.reason : registration.reason
  return {
    ...(deployment.status === 'fulfilled' ? { deployment: deployment.value } : {}),
    ...(registration.status === 'fulfilled' ? { registration: registration.value } : {}),
  }
}

function isAbsent(error: unknown): boolean {
  return [NotDeployedError, OtherDeploymentError, NotRegisteredError, OtherRegistrationError].some(
    (one) => error instanceof one,
  )
}

/**
 * Records one proof where it is bound to, and reads it back.
 * Throws `UnboundProofError` for a proof that is bound to something else, `RevertError`, and the chain's errors.
 */
export async function submitProof(
  dir: string,
  path: string,
  chain: OpenChain,
  options: SubmitOptions = {},
): Promise<Recorded> {
  const manifest = await readManifest(dir)
  const targets = await readTargets(dir)
  const files = await readProof(path, manifest)
  const bound = boundTo(files, targets)
  const prediction = { proof: files.proof, signals: files.signals, terms: bound.terms }
  const signer = await chain.signer()
  if (bound.to === 'ledger') {
    const at = ledgerAt(chain, bound.registration)
    const submission = await recordOne(at, signer, prediction)
    return { folder: files.folder, submission, onChain: await ledgerPrediction(at, files.signals) }
  }
  const { store = storesFree(manifest.statement.outputs) } = options
  const submission = await submit(chain.chain, signer, bound.record, { ...prediction, store })
  const onChain = await announcedPrediction(chain.chain, bound.record, files.signals)
  return { folder: files.folder, submission, onChain }
}

export type RecordedBatch = {
  readonly submission: BatchSubmission
  readonly predictions: readonly Pick<Recorded, 'folder' | 'onChain'>[]
}

/**
 * Records many proofs in one transaction of the ledger, and reads them back: all of them, or none.
 * Throws `RefusedProofError` for the first at fault, `NotForLedgerError` for proofs that are bound to a record, and as
 * `submitProof` does.
 */
export async function submitBatch(
  dir: string,
  paths: readonly string[],
  chain: OpenChain,
): Promise<RecordedBatch> {
  const manifest = await readManifest(dir)
  const registration = await readRegistration(dir)
  const files = await inOrder(paths, (path) => readBound(path, manifest, registration))
  const at = ledgerAt(chain, registration)
  const submission = await recordBatch(at, await chain.signer(), files).catch((error: unknown) => {
    throw error instanceof BatchRefusedError
      ? new RefusedProofError(files[error.place]!.folder, error)
      : error
  })
  const predictions = await inOrder(files, async ({ folder, signals }) => {
    return { folder, onChain: await ledgerPrediction(at, signals) }
  })
  return { submission, predictions }
}

async function readBound(path: string, manifest: Manifest, registration: RegistrationFile) {
  const files = await readProof(path, manifest)
  const bound = boundTo(files, { registration })
  return { ...files, terms: bound.terms }
}

type Bound = { readonly terms: Terms } & (
  | { readonly to: 'record'; readonly record: string }
  | { readonly to: 'ledger'; readonly registration: RegistrationFile }
)

/** A proof that names neither is the record's to refuse, where there is one: it says what differs. */
function boundTo({ folder, prediction }: ProofFiles, { deployment, registration }: Targets): Bound {
  const { context } = prediction
  if (context.kind !== 'chain')
    throw new UnboundProofError(folder, context.kind, (deployment?.record.address ?? registration?.ledger)!)
  const terms = termsOf(context)
  if (registration !== undefined && isLedger(context, registration))
    return { to: 'ledger', terms, registration }
  if (deployment === undefined) throw new NotForLedgerError(folder, context.consumer, registration!.ledger)
  return { to: 'record', terms, record: deployment.record.address }
}

function isLedger({ chainId, consumer }: ChainContext, registration: RegistrationFile): boolean {
  return chainId === registration.chainId && consumer.toLowerCase() === registration.ledger.toLowerCase()
}

type ChainContext = Extract<ContextRecord, { kind: 'chain' }>

function termsOf({ beneficiary, nonce, deadline }: ChainContext): Terms {
  return { beneficiary, nonce: BigInt(nonce), deadline: BigInt(deadline) }
}

function ledgerAt({ chain }: OpenChain, { ledger, id }: RegistrationFile): LedgerAt {
  return { chain, address: ledger, modelId: BigInt(id) }
}

async function inOrder<A, B>(items: readonly A[], act: (item: A) => Promise<B>): Promise<B[]> {
  const results: B[] = []
  for (const item of items) results.push(await act(item))
  return results
}

export class UnboundProofError extends BaseError {
  override name = 'Chain.UnboundProofError'
  constructor(
    readonly folder: string,
    kind: string,
    target: string,
  ) {
    super(`The proof in ${folder} is not bound to the contract that it is submitted to.`, {
      details: [
        kind === 'none' ? 'it is bound to nothing' : `it is bound to a ${kind}`,
        `the contract is ${target}`,
      ],
      hint: 'prove again now that the model is on the chain: prove binds to the deployment or registration that it finds',
    })
  }
}

export class NotForLedgerError extends BaseError {
  override name = 'Chain.NotForLedgerError'
  constructor(
    readonly folder: string,
    consumer: string,
    ledger: string,
  ) {
    super(`The proof in ${folder} is bound to another contract than the ledger.`, {
      details: [`it is bound to ${consumer}`, `the ledger is  ${ledger}`],
      hint: 'prove again with --ledger',
    })
  }
}

export class RefusedProofError extends BaseError {
  override name = 'Chain.RefusedProofError'
  constructor(
    readonly folder: string,
    readonly refused: BatchRefusedError,
  ) {
    const { place, count, refusal, details } = refused
    super(
      `The proof in ${folder}, ${place + 1} of ${count}, was refused, so none was taken: ${refusal.contractError}.`,
      {
        details,
        ...(refused.hint === undefined ? {} : { hint: refused.hint }),
        cause: refused,
        fault: 'answer',
      },
    )
  }
}
