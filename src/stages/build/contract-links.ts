/** From the verifying key to the code on a chain. */
import { join } from 'node:path'
import { pathOf } from '../../artifacts/paths.js'
import { MissingFileError, readJson, readText } from '../../artifacts/store.js'
import { type Chain, connect, reach } from '../../chain/provider.js'
import { type CompiledContract, SOLC_VERSION } from '../../chain/solc.js'
import { compileModelContracts, type ModelContracts } from '../../chain/solidity/model-contracts.js'
import { factsOf } from '../../chain/solidity/model-facts.js'
import { VERSION } from '../../version.js'
import { codeOf, DeploymentFile } from '../chain.js'
import { readKey } from './key-links.js'
import { type Build, differs, equal, type Outcome, skipped, toolsHint } from './link.js'

/** The contracts, once for the three links that are about them. */
export function contractLinks() {
  let made: Promise<ModelContracts> | undefined
  const contracts = (build: Build) => {
    made ??= compile(build)
    return made
  }
  return {
    source: (build: Build) => source(build, contracts),
    bytecode: (build: Build) => bytecode(build, contracts),
    onChain: (build: Build) => onChain(build, contracts),
  }
}

type Contracts = (build: Build) => Promise<ModelContracts>

async function compile(build: Build): Promise<ModelContracts> {
  const { options, manifest } = build
  const verificationKey = await readKey(build)
  const keys = verificationKey.zkonnx?.setup === 'dev' ? 'dev' : 'ceremony'
  const deployment = await readJson(pathOf(options.dir, 'deployment'), DeploymentFile).catch(orMissing)
  const forgeable = deployment?.forgeable === true
  return compileModelContracts({ ...factsOf(manifest), keys, verificationKey, forgeable })
}

const NO_KEYS = 'there are no keys yet'
const NOT_DEPLOYED = 'nothing was deployed from this folder'

async function source(build: Build, contracts: Contracts): Promise<Outcome> {
  if (build.manifest.setup === undefined) return skipped(NO_KEYS)
  const folder = pathOf(build.options.dir, 'contracts')
  const { generated } = await contracts(build)
  for (const [name, text] of Object.entries(generated)) {
    const found = await readText(join(folder, name)).catch(orMissing)
    if (found === undefined) return skipped(NOT_DEPLOYED)
    if (found !== text) return lineDiffers(build, name, found, text)
  }
  return equal(`${Object.keys(generated).length} files, line by line`)
}

function lineDiffers(build: Build, name: string, found: string, expected: string): Outcome {
  const [own, other] = [found.split('\n'), expected.split('\n')]
  const at = other.findIndex((line, i) => own[i] !== line)
  const line = at < 0 ? other.length : at
  return differs(
    `contracts/${name} does not follow from the verifying key and the manifest`,
    [
      `line ${line + 1}`,
      `found    ${own[line]?.trim() ?? 'no such line'}`,
      `expected ${other[line]?.trim() ?? 'no such line'}`,
    ],
    toolsHint(build, { ...build.manifest.tools, zkonnx: VERSION }),
  )
}

async function bytecode(build: Build, contracts: Contracts): Promise<Outcome> {
  const { manifest, options } = build
  if (manifest.setup === undefined) return skipped(NO_KEYS)
  if (manifest.tools.solc !== SOLC_VERSION)
    return differs(
      'the Solidity compiler is not the one that the manifest names',
      [`found    solc ${SOLC_VERSION}`, `expected solc ${manifest.tools.solc}`],
      'install the version of zkonnx that the manifest names, which brings that compiler',
    )
  const deployment = await readJson(pathOf(options.dir, 'deployment'), DeploymentFile).catch(orMissing)
  const code = codeOf(await contracts(build))
  if (deployment?.code === undefined) return skipped(`${NOT_DEPLOYED}; verifier ${code.verifier}`)
  for (const contract of ['verifier', 'record'] as const) {
    if (deployment.code[contract] === code[contract]) continue
    return differs(
      `the creation code of the ${contract} that was deployed is another`,
      [`found    ${deployment.code[contract]}`, `expected ${code[contract]}`],
      'what was deployed was not made from this folder, or deployment.json was changed',
    )
  }
  return equal(`verifier and record, by solc ${SOLC_VERSION}`)
}

async function onChain(build: Build, contracts: Contracts): Promise<Outcome> {
  const { options, manifest } = build
  if (options.rpc === undefined) return skipped('not asked for (--rpc URL, --address A)')
  if (manifest.setup === undefined) return skipped(NO_KEYS)
  const chain = await connect(options.rpc)
  try {
    return await compareCode(build, chain, await contracts(build))
  } finally {
    chain.close()
  }
}

async function compareCode({ options }: Build, chain: Chain, contracts: ModelContracts): Promise<Outcome> {
  const deployment = await readJson(pathOf(options.dir, 'deployment'), DeploymentFile).catch(orMissing)
  const address = options.address ?? deployment?.record.address
  if (address === undefined) return skipped(`${NOT_DEPLOYED}: give --address`)
  const code = await codeAt(chain, address)
  if (code.length === 0)
    return differs(
      `there is no contract at ${address} on chain ${chain.id}`,
      [],
      'check address and endpoint',
    )
  const isRecord = code.length === bytesOf(contracts.record.runtime).length
  if (!isRecord) return contractOutcome(chain, 'verifier', address, code, contracts.verifier)
  const record = contractOutcome(chain, 'record', address, code, contracts.record)
  if (record.state === 'differs') return record
  const verifier = verifierOf(code, contracts)
  if (verifier === undefined)
    return differs(
      `the record at ${address} is of another model`,
      [`expected ${contracts.modelId}`],
      'its code is that of a record, but the model that it was constructed with is another',
    )
  const trusted = await codeAt(chain, verifier)
  const outcome = contractOutcome(chain, 'verifier', verifier, trusted, contracts.verifier)
  return outcome.state === 'differs'
    ? outcome
    : equal(`chain ${chain.id}: record ${address}, verifier ${verifier}`)
}

function contractOutcome(
  chain: Chain,
  what: string,
  address: string,
  code: Uint8Array,
  { runtime, immutables }: CompiledContract,
): Outcome {
  const expected = bytesOf(runtime)
  const isImmutable = (at: number) =>
    immutables.some(({ start, length }) => at >= start && at < start + length)
  const at = expected.findIndex((byte, i) => code[i] !== byte && !isImmutable(i))
  if (at < 0 && code.length === expected.length) return equal(`chain ${chain.id}: ${what} ${address}`)
  const place = at < 0 ? expected.length : at
  const shown = (bytes: Uint8Array) =>
    bytes.length === 0 ? 'no code' : `0x${Buffer.from(bytes.subarray(place, place + 16)).toString('hex')}`
  return differs(
    `the code at ${address} on chain ${chain.id} is not the ${what} of this model`,
    [
      `${code.length} bytes, ${expected.length} expected; the first that differs is byte ${place}`,
      `found    ${shown(code)}`,
      `expected ${shown(expected)}`,
    ],
    'proofs that this contract accepts may show anything: do not use it',
  )
}

/** The verifier that a record trusts: of its immutables, one is the model's id and the other an address. */
function verifierOf(code: Uint8Array, { record, modelId }: ModelContracts): string | undefined {
  const values = new Set(
    record.immutables.map(
      ({ start, length }) => `0x${Buffer.from(code.subarray(start, start + length)).toString('hex')}`,
    ),
  )
  const others = [...values].filter((value) => value !== modelId)
  if (values.size !== 2 || others.length !== 1 || !/^0x0{24}/.test(others[0]!)) return undefined
  return `0x${others[0]!.slice(26)}`
}

async function codeAt(chain: Chain, address: string): Promise<Uint8Array> {
  return bytesOf((await reach(chain, () => chain.provider.getCode(address))) as `0x${string}`)
}

function bytesOf(hex: string): Uint8Array {
  return Buffer.from(hex.slice(2), 'hex')
}

function orMissing(error: unknown): undefined {
  if (error instanceof MissingFileError) return undefined
  throw error
}
