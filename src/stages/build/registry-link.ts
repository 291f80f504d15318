/** What the registry on a chain says of the model, where its folder names an entry. */
import { common } from '../../chain/commons.js'
import { connect } from '../../chain/provider.js'
import { registeredModel } from '../../chain/register.js'
import { keyIdOf, sharedName } from '../../chain/shared-verifier.js'
import type { SharedName } from '../../chain/solidity/model-contracts.js'
import { factsOf } from '../../chain/solidity/model-facts.js'
import type { AnyVerificationKey } from '../../prover/schemes.js'
import { NotRegisteredError, type RegistrationFile, readRegistration } from '../register.js'
import { readKey } from './key-links.js'
import { type Build, differs, equal, type Outcome, skipped } from './link.js'

/** The entry: this manifest, and this key in the verifier of many keys. */
export async function registryEntry(build: Build): Promise<Outcome> {
  const { options } = build
  if (options.rpc === undefined) return skipped('not asked for (--rpc URL)')
  const file = await readRegistration(options.dir).catch((error: unknown) => {
    if (error instanceof NotRegisteredError) return undefined
    throw error
  })
  if (file === undefined) return skipped('nothing was registered from this folder')
  const key = await readKey(build)
  const foreign = await otherContract(file, sharedName(key))
  if (foreign !== undefined) return skipped(`${foreign} is not the one that stands alike on every chain`)
  return compareEntry(build, options.rpc, file, key)
}

/** An address that follows from the code cannot hold other code: any other address can. */
async function otherContract(
  { registry, verifier, keyId }: RegistrationFile,
  shareable: SharedName,
): Promise<string | undefined> {
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()
  if (!same(registry, (await common('ModelRegistry')).address)) return `the registry ${registry}`
  // a verifier of the model's own is compared as the code on chain is
  if (keyId === undefined || same(verifier, (await common(shareable)).address)) return undefined
  return `the verifier ${verifier}`
}

async function compareEntry(
  { manifest }: Build,
  rpc: string,
  { id, registry, verifier, keyId }: RegistrationFile,
  key: AnyVerificationKey,
): Promise<Outcome> {
  const chain = await connect(rpc)
  try {
    const found = await registeredModel(chain, registry, BigInt(id))
    const keys = key.zkonnx?.setup === 'dev' ? 'dev' : 'ceremony'
    const pairs = [
      ['model id', found.modelId, factsOf(manifest).modelId],
      ['setup', found.setup, key.zkonnx?.setup ?? 'unknown'],
      ['verifier', found.verifier.toLowerCase(), verifier.toLowerCase()],
      ...(keyId === undefined ? [] : [['key', found.keyId, keyIdOf(key, keys)] as const]),
    ] as const
    const other = pairs.find(([, own, expected]) => own !== expected)
    if (other !== undefined)
      return differs(
        `the registry's entry is of another model, or other keys`,
        [`${other[0]} of entry ${id}`, `found    ${other[1]}`, `expected ${other[2]}`],
        'what the registry answers for this entry is not about this model: do not use it',
      )
    return equal(`chain ${chain.id}: entry ${shorten(id)}${found.deprecated ? ', deprecated' : ''}`)
  } finally {
    chain.close()
  }
}

function shorten(id: string): string {
  return id.length > 14 ? `${id.slice(0, 10)}...` : id
}
