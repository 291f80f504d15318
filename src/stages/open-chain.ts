/** The chain to work on: the user's, by its URL, or the embedded one, which remembers its state in the folder. */
import { pathOf } from '../artifacts/paths.js'
import { MissingFileError, readText, writeAtomic } from '../artifacts/store.js'
import { type Anvil, startAnvil } from '../chain/anvil.js'
import { type Keystore, NoKeystoreChainError } from '../chain/keystore.js'
import { connect, reach, type Signer, signerFor } from '../chain/provider.js'
import type { OpenChain } from './chain.js'

/**
 * Runs `use` on a chain, and closes it afterwards whatever happens; the embedded chain's state is written when `use`
 * succeeds. Throws `NoAnswerError` where no chain answers, `Anvil.*` where the embedded one does not start, and
 * `NoKeystoreChainError` for a keystore on the embedded chain.
 */
export async function withChain<T>(
  dir: string,
  rpc: string | undefined,
  use: (chain: OpenChain) => Promise<T>,
  keystore?: Keystore,
): Promise<T> {
  if (rpc !== undefined) return onUrl(rpc, use, keystore)
  if (keystore !== undefined) throw new NoKeystoreChainError()
  const anvil = await startAnvil()
  try {
    return await onAnvil(dir, anvil, use)
  } finally {
    await anvil.stop()
  }
}

/** The same on the chain at a URL. */
export async function onUrl<T>(
  rpc: string,
  use: (chain: OpenChain) => Promise<T>,
  keystore?: Keystore,
): Promise<T> {
  const chain = await connect(rpc)
  // decrypting takes seconds: once is enough
  let signer: Promise<Signer> | undefined
  try {
    return await use({
      chain,
      embedded: false,
      signer: () => {
        signer ??= signerFor(chain, { keystore })
        return signer
      },
    })
  } finally {
    chain.close()
  }
}

async function onAnvil<T>(dir: string, anvil: Anvil, use: (chain: OpenChain) => Promise<T>): Promise<T> {
  const chain = await connect(anvil.url, { chainId: anvil.chainId })
  const path = pathOf(dir, 'chainState')
  try {
    const state = await readState(path)
    if (state !== undefined) await reach(chain, () => chain.provider.send('anvil_loadState', [state]))
    const result = await use({ chain, embedded: true, signer: () => signerFor(chain, { source: 'node' }) })
    await writeAtomic(path, String(await reach(chain, () => chain.provider.send('anvil_dumpState', []))))
    return result
  } finally {
    chain.close()
  }
}

async function readState(path: string): Promise<string | undefined> {
  try {
    return await readText(path)
  } catch (error) {
    if (error instanceof MissingFileError) return undefined
    throw error
  }
}
