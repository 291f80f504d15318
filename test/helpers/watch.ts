/** Prover's nodes in the test's own process, each with an account of its own. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encryptKeystoreJson, HDNodeWallet, Mnemonic } from 'ethers'
import type { Keystore } from '../../src/chain/keystore.js'
import type { WatchEvent } from '../../src/stages/watch/events.js'
import { type WatchOptions, watch } from '../../src/stages/watch/watch.js'
import { until } from './chain.js'

const MNEMONIC = 'test test test test test test test test test test test junk'

/** Of the accounts that anvil gives ether to. */
export function anvilWallet(index: number): HDNodeWallet {
  return HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(MNEMONIC), `m/44'/60'/0'/0/${index}`)
}

export async function anvilKeystore(dir: string, index: number): Promise<Keystore> {
  const path = join(dir, `account-${index}.json`)
  const { address, privateKey } = anvilWallet(index)
  // few rounds: what a password costs is not what is tested
  writeFileSync(path, await encryptKeystoreJson({ address, privateKey }, 'word', { scrypt: { N: 2 } }))
  return { path, password: async () => 'word' }
}

/** Milliseconds: against hanging, since a node that waits says what it waits for. */
const PATIENCE = 120_000

function show(events: readonly WatchEvent[]): string {
  return JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? String(value) : value), 1)
}

type Kind = WatchEvent['kind']
type Of<K extends Kind> = WatchEvent & { kind: K }

export type Running = {
  readonly events: readonly WatchEvent[]
  of<K extends Kind>(kind: K): Of<K>[]
  /** The first such event, which may have been before. */
  first<K extends Kind>(kind: K, matches?: (event: Of<K>) => boolean): Promise<Of<K>>
  /** Ends the node, and throws what it threw. */
  stop(): ReturnType<typeof watch>
}

export function startWatch(
  options: Omit<WatchOptions, 'signal' | 'on'>,
  on: (event: WatchEvent) => void = () => {},
): Running {
  const events: WatchEvent[] = []
  const controller = new AbortController()
  let failed: unknown
  const ended = watch({
    ...{ poll: 20, threads: 1 },
    ...options,
    signal: controller.signal,
    on: (event) => {
      events.push(event)
      on(event)
    },
  })
  ended.catch((error) => {
    failed = error
  })
  const of = <K extends Kind>(kind: K) => events.filter((event): event is Of<K> => event.kind === kind)
  return {
    events,
    of,
    async first(kind, matches = () => true) {
      const end = performance.now() + PATIENCE
      await until(() => {
        if (failed !== undefined) throw failed
        if (performance.now() > end) throw new Error(`no "${kind}" among: ${show(events)}`)
        return of(kind).some(matches)
      })
      return of(kind).find(matches)!
    },
    stop() {
      controller.abort()
      return ended
    },
  }
}
