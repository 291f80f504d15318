/** A chain that can be stopped and started again with everything that was mined, but without what was not. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { askChainId } from '../../src/chain/provider.js'
import { until } from './chain.js'

export type LastingAnvil = {
  readonly url: string
  start(): Promise<void>
  /** Ends it as a machine that is shut down does: what was mined is on the disk. */
  stop(): Promise<void>
}

export async function lastingAnvil(dir: string, blockSeconds: number): Promise<LastingAnvil> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const args = [
    ...['--host', '127.0.0.1', '--port', String(port), '--chain-id', '31337', '--hardfork', 'osaka'],
    ...['--state', join(dir, 'chain.json'), '--block-time', String(blockSeconds), '--silent'],
  ]
  let process: ChildProcess | undefined
  return {
    url,
    async start() {
      const started = spawn(binary(), args, { stdio: ['ignore', 'ignore', 'pipe'] })
      process = started
      let errors = ''
      started.stderr.on('data', (text) => {
        errors += text
      })
      await until(() => {
        if (started.exitCode !== null) throw new Error(`anvil ended: ${errors}`)
        return askChainId(url, 1000).then(
          () => true,
          () => false,
        )
      })
    },
    async stop() {
      if (process === undefined || process.exitCode !== null) return
      const gone = once(process, 'exit')
      process.kill('SIGTERM')
      await gone
    },
  }
}

function binary(): string {
  const beside = createRequire(createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json'))
  const [platform, arch] = [process.platform, process.arch === 'x64' ? 'amd64' : process.arch]
  return beside.resolve(`@foundry-rs/anvil-${platform}-${arch}/bin/anvil`)
}

/** Below those that the system gives to connections: one of them could take the port while the chain is stopped. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    server.close()
    if (free) return port
  }
}
