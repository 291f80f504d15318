/** The public API. */

export type { Manifest } from './artifacts/manifest.js'
export { readManifest } from './artifacts/manifest.js'
export { saveNpz } from './artifacts/samples/npz.js'
export type { Finding, Report as AttackReport } from './attack/attack.js'
export { BaseError } from './base/errors.js'
export { type PipelineOptions, runPipeline } from './pipeline.js'
export { type AttackOptions, attack, attackFiles } from './stages/attack.js'
export { type Fulfilled, type FulfilOptions, fulfilRequest as fulfil } from './stages/board/fulfil.js'
export { type AskedFor, type AskOptions, askBoard as request } from './stages/board/request.js'
export { type CallArguments, callArguments } from './stages/calldata.js'
export {
  accept as acceptContribution,
  applyBeacon,
  type BeaconOptions,
  type Contributed,
  type ContributeOptions,
  contribute,
  type Status as CeremonyStatus,
  status as ceremonyStatus,
} from './stages/ceremony.js'
export { deployModel as deploy } from './stages/chain.js'
export { type Commitment, commitments, open as openCommitments } from './stages/commit.js'
export { type Compiled, type CompileOptions, compile } from './stages/compile.js'
export { type Diagnosis, type DoctorOptions, doctor } from './stages/doctor.js'
export { withChain } from './stages/open-chain.js'
export { type NewPowersOptions, newPowers } from './stages/powers.js'
export {
  type ProveOptions,
  prove,
  proveEach,
  type SampleResult,
  witness,
  witnessEach,
} from './stages/prove.js'
export { type RegisteredModel, type RegisterOptions, registerModel as register } from './stages/register.js'
export { type Reported, type ReportOptions, report } from './stages/report.js'
export { type ServeEvent, type ServeOptions, serve } from './stages/serve/serve.js'
export { beginCeremony, type CeremonyOptions, type SetupOptions, setup } from './stages/setup.js'
export { type Recorded, type RecordedBatch, submitBatch, submitProof as submit } from './stages/submit.js'
export { type Verdict, verify } from './stages/verify.js'
export {
  type Link as CeremonyLink,
  type Verified as CeremonyVerdict,
  verifyCeremony,
} from './stages/verify-ceremony.js'
export type { WatchEvent } from './stages/watch/events.js'
export { type WatchOptions, watch } from './stages/watch/watch.js'
export { VERSION } from './version.js'
