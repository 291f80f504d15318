/** What is asked of the tarball that users install, by the tools that the field judges packages with. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

export type Packed = {
  readonly data: Uint8Array
  /** In bytes. */
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly string[]
}

/** Packs the project in the folder as it is, or with `build` as npm would for its users. */
export function packed(project: string, build = false): Packed {
  const to = mkdtempSync(join(tmpdir(), 'zkonnx-pack-'))
  try {
    const args = ['pack', `--ignore-scripts=${!build}`, '--json', '--pack-destination', to]
    const said = execFileSync('npm', args, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] }).toString()
    // what scripts print comes before
    const [{ filename, size, unpackedSize, files }] = JSON.parse(said.slice(said.search(/^\[$/m)))
    const data = new Uint8Array(readFileSync(join(to, filename)))
    return { data, size, unpackedSize, files: files.map((file: { path: string }) => file.path) }
  } finally {
    rmSync(to, { recursive: true, force: true })
  }
}

/** Whatever publint would suggest, warn of or refuse. */
export async function lint({ data }: Packed): Promise<string[]> {
  const tarball = Uint8Array.from(data).buffer
  const { messages, pkg } = await publint({ pack: { tarball }, level: 'suggestion', strict: true })
  return messages.map((message) => formatMessage(message, pkg) ?? message.code)
}

/** What arethetypeswrong says of types, for all who can import a module: CommonJS and older resolutions cannot. */
export async function wrongTypes({ data }: Packed, more: string[] = []): Promise<string[]> {
  const found = await checkPackage(createPackageFromTarballData(data), { includeEntrypoints: more })
  if (!found.types) return ['the package has no types']
  const legacy = new Set<unknown>(['node10', 'node16-cjs'])
  return found.problems.flatMap((problem) => {
    const { kind, resolutionKind, entrypoint } = { resolutionKind: '', entrypoint: '', ...problem }
    return legacy.has(resolutionKind) ? [] : [[kind, entrypoint, resolutionKind].join(' ').trim()]
  })
}
