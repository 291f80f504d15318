/** From the constraint system to the verifying key. */
import { type Manifest, schemeOf } from '../../artifacts/manifest.js'
import { FILES, pathOf } from '../../artifacts/paths.js'
import { parseJson, readBytes, readText } from '../../artifacts/store.js'
import { type Difference, firstDifference } from '../../base/difference.js'
import { sha256 } from '../../base/digest.js'
import { coefficientDifference, strayPoint } from '../../prover/key-check.js'
import { assertKeyFits, keyDigest, zkeyHeader } from '../../prover/keys.js'
import * as LookupCheck from '../../prover/lookup/key-check.js'
import * as LookupKeys from '../../prover/lookup/keys.js'
import { type AnyVerificationKey, keyFileOf, parseAnyKey } from '../../prover/schemes.js'
import { verificationKeyOf } from '../../prover/verification-key.js'
import { type Verified, verifyCeremony } from '../verify-ceremony.js'
import { type Build, differs, equal, type Outcome, skipped } from './link.js'

const NO_KEYS = 'there are no keys yet'

/** The proving key: of this circuit, and as the manifest names it. */
export async function provingKey(build: Build): Promise<Outcome> {
  const { options, manifest, circuit } = build
  const path = pathOf(options.dir, keyFileOf(manifest.scheme))
  if (manifest.setup === undefined) return skipped(NO_KEYS)
  const found = sha256(await readBytes(path))
  const { zkey: expected } = manifest.setup
  if (found !== expected)
    return differs(
      `${fileName(build)} is not the key that the manifest names`,
      [...(await whichPoint(build, path)), `found    ${found}`, `expected ${expected}`],
      'take the key from who made it; proofs made with this one may not verify, or show anything',
    )
  const checks = checksOf(build)
  checks.assertFits(path, manifest.circuit)
  if (circuit === undefined) return equal('as the manifest names it')
  const coefficient = checks.coefficientDifference(path, circuit.r1cs)
  if (coefficient !== undefined)
    return differs(
      `${fileName(build)} is the key of another circuit`,
      [`its coefficient differs in ${coefficient}`],
      'make keys for this circuit (zkonnx setup), and trust no proof of these',
    )
  return equal('as the manifest names it, with the coefficients of the circuit')
}

type Circuit = NonNullable<Build['circuit']>

/** What is asked of a proving key's file, in the form of its scheme. */
const CHECKS = {
  groth16: {
    exported: (path: string): AnyVerificationKey => verificationKeyOf(zkeyHeader(path)),
    assertFits: (path: string, circuit: Manifest['circuit']) =>
      assertKeyFits(zkeyHeader(path), {
        ...circuit,
        publicOutputs: circuit.publicSignals,
        publicInputs: 0,
      }),
    coefficientDifference,
    strayPoint: (path: string, { r1cs, wireName }: Circuit) => strayPoint(path, r1cs, wireName),
  },
  'groth16-lookup': {
    exported: (path: string): AnyVerificationKey => LookupKeys.verificationKeyOf(LookupKeys.lkeyHeader(path)),
    assertFits: (path: string, circuit: Manifest['circuit']) =>
      LookupKeys.assertKeyFits(LookupKeys.lkeyHeader(path), circuit),
    coefficientDifference: LookupCheck.coefficientDifference,
    strayPoint: (path: string) => LookupCheck.strayPoint(path),
  },
}

const checksOf = ({ manifest }: Build) => CHECKS[schemeOf(manifest)]
const fileName = ({ manifest }: Build) => FILES[keyFileOf(manifest.scheme)]

/** Of the scheme that the manifest says. */
export async function readKey({ options, manifest }: Build): Promise<AnyVerificationKey> {
  const path = pathOf(options.dir, 'verificationKey')
  return parseAnyKey(parseJson(await readText(path), path), path, schemeOf(manifest))
}

/** As far as it can be told: from the verifying key, the circuit, and the curves. */
async function whichPoint(build: Build, path: string): Promise<string[]> {
  const { circuit } = build
  const checks = checksOf(build)
  const key = await readKey(build).catch(() => undefined)
  if (key !== undefined) {
    const point = await Promise.resolve()
      .then(() => checks.exported(path))
      .then(
        (exported) => pointDifference(exported, key),
        // a point of the header that is none
        (error: Error) => ({ path: error.message.split('\n')[0]!, found: '', expected: '' }),
      )
    if (point !== undefined) return [`its ${point.path} is not the one of ${FILES.verificationKey}`]
  }
  if (circuit === undefined) return []
  const coefficient = checks.coefficientDifference(path, circuit.r1cs)
  if (coefficient !== undefined) return [`its coefficient differs in ${coefficient}`]
  const stray = checks.strayPoint(path, circuit)
  return [stray ?? 'all its points are on their curves: it may be the key of another setup']
}

/** What `verifyCeremony` checks without the powers of tau, and what with them. */
const WITHOUT_POWERS = ['circuit', 'contributions', 'verifying key and transcript']

/** The contributions, from the first key to this one. */
export async function transcript(build: Build): Promise<Outcome> {
  const { setup } = build.manifest
  if (setup === undefined) return skipped(NO_KEYS)
  if (setup.ptau === undefined) return skipped('dev keys come from no ceremony')
  if (setup.verificationKey === undefined) return skipped('nobody has contributed yet')
  const { links } = await ceremonyOf(build)
  const failed = failedOf(links.filter(({ what }) => WITHOUT_POWERS.includes(what)))
  return failed ?? equal(links.find(({ what }) => what === 'contributions')!.detail)
}

/** The key before any contribution, which follows from the circuit and the powers of tau. */
export async function firstKey(build: Build): Promise<Outcome> {
  const { setup } = build.manifest
  if (setup === undefined) return skipped(NO_KEYS)
  if (setup.ptau === undefined)
    return skipped('dev keys: made from secrets that were thrown away, so that nobody can derive them again')
  if (setup.verificationKey === undefined) return skipped('nobody has contributed yet')
  if (build.options.ptau === undefined) return skipped(`not derived without ${setup.ptau.name} (--ptau FILE)`)
  const { links } = await ceremonyOf(build)
  const own = links.filter(({ what }) => !WITHOUT_POWERS.includes(what))
  return failedOf(own) ?? equal(`from the circuit and ${own[0]!.detail}`)
}

function ceremonyOf(build: Build): Promise<Verified> {
  const { dir, ptau } = build.options
  // a rehearsal is verified like a ceremony; that its keys are dev keys is said at the end
  build.ceremony ??= verifyCeremony({ dir, dev: true, ...(ptau === undefined ? {} : { ptau }) })
  return build.ceremony
}

function failedOf(links: Verified['links']): Outcome | undefined {
  const failed = links.find(({ outcome }) => outcome === 'fails')
  if (failed === undefined) return undefined
  const [summary, ...details] = failed.detail.split('\n').map((line) => line.trim())
  const hint = details.find((line) => line.startsWith(HINT))
  return differs(
    `${failed.what}: ${summary}`,
    details.filter((line) => line !== hint),
    hint?.slice(HINT.length) ?? 'take all files from one ceremony, as its coordinator published them',
  )
}

const HINT = 'What to do: '

/** The verifying key: the proving key's, and as the manifest names it. */
export async function verifyingKey(build: Build): Promise<Outcome> {
  const { options, manifest } = build
  if (manifest.setup === undefined) return skipped(NO_KEYS)
  const key = await readKey(build)
  const path = pathOf(options.dir, keyFileOf(manifest.scheme))
  const exported = await readBytes(path).then(
    () => checksOf(build).exported(path),
    () => undefined,
  )
  const difference = exported && pointDifference(key, exported)
  if (difference !== undefined)
    return differs(
      `${FILES.verificationKey} is not the verifying key of ${fileName(build)}`,
      [difference.path, `found    ${difference.found}`, `expected ${difference.expected}`],
      'a verifier made of it would accept proofs of something else: trust neither',
    )
  const [found, expected] = [keyDigest(key), manifest.setup.verificationKey]
  if (expected !== undefined && found !== expected)
    return differs(
      `${FILES.verificationKey} is not the key that the manifest names`,
      [`found    ${found}`, `expected ${expected}`],
      'take the key from who made it',
    )
  if (key.zkonnx?.circuit !== manifest.circuit.sha256 || key.zkonnx.setup !== manifest.setup.kind)
    return differs(
      `${FILES.verificationKey} is marked as another key than the manifest names`,
      [
        `found    ${key.zkonnx?.setup ?? 'no mark'}, ${key.zkonnx?.circuit ?? 'no circuit'}`,
        `expected ${manifest.setup.kind}, ${manifest.circuit.sha256}`,
      ],
      'take the key from who made it',
    )
  return equal(
    `${key.IC.length + (key.protocol === 'groth16' ? 4 : 5)} points${exported === undefined ? '' : ', those of the proving key'}`,
  )
}

function pointDifference(found: AnyVerificationKey, expected: AnyVerificationKey): Difference | undefined {
  const { zkonnx: _, ...own } = found
  const { zkonnx: __, ...other } = expected
  return firstDifference(own, other)
}
