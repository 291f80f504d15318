/** The public API. */

export type { Manifest } from './artifacts/manifest.js'
export { readManifest } from './artifacts/manifest.js'
export { BaseError } from './base/errors.js'
export { type PipelineOptions, runPipeline } from './pipeline.js'
export { deployModel as deploy, submitProof as submit } from './stages/chain.js'
export { type Compiled, type CompileOptions, compile } from './stages/compile.js'
export { withChain } from './stages/open-chain.js'
export { type ProveOptions, prove, type SampleResult, witness } from './stages/prove.js'
export { type SetupOptions, setup } from './stages/setup.js'
export { type Verdict, verify } from './stages/verify.js'
export { VERSION } from './version.js'
