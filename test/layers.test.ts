/**
 * The shape of the sources: imports go down the layers only, no file needs itself to load, and each third-party package
 * comes in through its doors. Type imports count for layers and doors (a file of the door's folder may have them), not
 * for cycles, since nothing of them is left at run time.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** Lowest first. The units of one layer do not import each other. */
const LAYERS = [
  ['base', 'version'],
  ['model'],
  ['artifacts'],
  ['onnx', 'quantize', 'circuit', 'prover'],
  ['prove', 'verify'],
  ['attack', 'workers', 'chain', 'report'],
  ['stages'],
  ['pipeline'],
  ['cli', 'index', 'browser'],
]

/** The files, or folders with a slash at the end, that may import a package. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  '@bufbuild/protobuf': ['onnx/constants.ts', 'onnx/decode.ts', 'onnx/dims.ts', 'onnx/gen/'],
  '@foundry-rs/anvil': ['chain/anvil.ts'],
  '@dagrejs/dagre': ['report/drawing.ts'],
  '@hono/node-server': ['stages/serve/http/listen.ts'],
  '@mixmark-io/domino': ['report/plots.ts'],
  '@noble/curves': ['prover/pairing.ts'],
  '@noble/hashes': ['prover/dev-ptau.ts', 'prover/lookup/challenge.ts', 'verify/digest.ts'],
  '@observablehq/plot': ['report/plots.ts'],
  'cli-table3': ['cli/output.ts'],
  commander: ['cli/'],
  'csv-parse': ['artifacts/samples/csv.ts'],
  ethers: ['chain/provider.ts'],
  ffjavascript: ['prover/iden3.ts'],
  fflate: ['artifacts/samples/zip.ts'],
  // its router, and what it hands to routes
  hono: ['stages/serve/http/'],
  'onnxruntime-node': ['onnx/runtime.ts'],
  picocolors: ['cli/output.ts'],
  piscina: ['workers/pool.ts'],
  'prom-client': ['stages/serve/metrics.ts'],
  snarkjs: ['prover/iden3.ts'],
  solc: ['chain/solc.ts'],
  'write-file-atomic': ['artifacts/store.ts'],
  // the words that schemas of files are written in, rather than a service
  zod: ['artifacts/', 'stages/'],
}

type Import = { readonly specifier: string; readonly typeOnly: boolean }
type Sources = ReadonlyMap<string, string>

const STATEMENT = /^(import|export)\s+(type\s)?[^'"`;]*?\bfrom\s+['"]([^'"]+)['"]/gm
const BARE = /^import\s+['"]([^'"]+)['"]/gm
const CALLED =
  /(?:\bimport|\brequire|\.resolve|createRequire\(import\.meta\.url\))\(\s*['"]([^'"]+)['"]\s*\)/g

function importsOf(text: string): Import[] {
  return [
    ...[...text.matchAll(STATEMENT)].map(([, , type, specifier]) => ({
      specifier: specifier!,
      typeOnly: type !== undefined,
    })),
    ...[...text.matchAll(BARE)].map(([, specifier]) => ({ specifier: specifier!, typeOnly: false })),
    ...[...text.matchAll(CALLED)].map(([, specifier]) => ({ specifier: specifier!, typeOnly: false })),
  ]
}

function targetOf(file: string, specifier: string): string {
  return normalize(join(dirname(file), specifier))
    .split(sep)
    .join('/')
    .replace(/\.js$/, '.ts')
}

/** `onnx/ops/gemm.ts` belongs to `onnx`, `pipeline.ts` to `pipeline`. */
function unitOf(file: string): string {
  return file.split('/')[0]!.replace(/\.ts$/, '')
}

function layerOf(file: string): number {
  return LAYERS.findIndex((units) => units.includes(unitOf(file)))
}

function layerViolations(sources: Sources): string[] {
  return [...sources].flatMap(([file, text]) => {
    if (layerOf(file) < 0) return [`${file} is in no layer`]
    return importsOf(text)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier }) => targetOf(file, specifier))
      .filter((target) => unitOf(target) !== unitOf(file) && layerOf(target) >= layerOf(file))
      .map((target) => `${file} imports ${target}`)
  })
}

function packageOf(specifier: string): string | undefined {
  // the templates of generated Solidity hold imports of their own
  if (/^(\.|node:|file:)|\.sol$/.test(specifier)) return undefined
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}

function opens(door: string, file: string, typeOnly: boolean): boolean {
  if (door.endsWith('/')) return file.startsWith(door)
  return file === door || (typeOnly && unitOf(file) === unitOf(door))
}

function doorViolations(sources: Sources): string[] {
  return [...sources].flatMap(([file, text]) =>
    importsOf(text).flatMap(({ specifier, typeOnly }) => {
      const name = packageOf(specifier)
      if (name === undefined) return []
      const doors = DOORS[name] ?? []
      return doors.some((door) => opens(door, file, typeOnly))
        ? []
        : [`${file} imports ${name}, whose doors are: ${doors.join(', ') || 'none'}`]
    }),
  )
}

/** One way round for each import that closes a cycle. */
function cycles(sources: Sources): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file)
    if (start >= 0) found.push([...path.slice(start), file].join(' -> '))
    if (start >= 0 || done.has(file)) return
    for (const { specifier, typeOnly } of importsOf(sources.get(file) ?? '')) {
      if (!typeOnly && specifier.startsWith('.')) visit(targetOf(file, specifier), [...path, file])
    }
    done.add(file)
  }
  for (const file of sources.keys()) visit(file, [])
  return found
}

function readSources(): Sources {
  const root = fileURLToPath(new URL('../src', import.meta.url))
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  return new Map(files.map((file) => [file.split(sep).join('/'), readFileSync(join(root, file), 'utf8')]))
}

const sources = readSources()

test('every relative import leads to a source', () => {
  const missing = [...sources].flatMap(([file, text]) =>
    importsOf(text)
      .filter(({ specifier }) => /^\..*\.js$/.test(specifier) && !sources.has(targetOf(file, specifier)))
      .map(({ specifier }) => `${file} imports ${specifier}`),
  )
  expect(missing).toEqual([])
})

test('imports go down the layers only', () => {
  expect(layerViolations(sources)).toEqual([])
})

test('no file needs itself to load', () => {
  expect(cycles(sources)).toEqual([])
})

test('each third-party package comes in through its doors', () => {
  expect(doorViolations(sources)).toEqual([])
})

test('every dependency is used, and every door leads somewhere', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const dependencies = { ...manifest.dependencies, ...manifest.optionalDependencies }
  const used = new Set(
    [...sources.values()].flatMap((text) => importsOf(text).map((one) => packageOf(one.specifier))),
  )
  // anvil's package is looked up by its package.json, which counts as an import of the package
  expect(Object.keys(dependencies).filter((name) => !used.has(name))).toEqual([])
  expect(Object.keys(DOORS).filter((name) => !(name in dependencies))).toEqual([])
})

test.each([
  ['up', 'model/a.ts', "import { b } from '../quantize/b.js'", 'model/a.ts imports quantize/b.ts'],
  [
    'sideways',
    'onnx/ops/a.ts',
    "import type { b } from '../../circuit/b.js'",
    'onnx/ops/a.ts imports circuit/b.ts',
  ],
  ['to the barrel', 'chain/a.ts', "export {\n  b,\n} from '../index.js'", 'chain/a.ts imports index.ts'],
  ['late', 'base/a.ts', "const b = await import('../cli/b.js')", 'base/a.ts imports cli/b.ts'],
  ['from nowhere', 'utils/a.ts', '', 'utils/a.ts is in no layer'],
])('an import that goes %s is found', (_, file, text, violation) => {
  expect(layerViolations(new Map([[file, text]]))).toEqual([violation])
})

test.each([
  ["import * as snarkjs from 'snarkjs'", 'snarkjs'],
  ["import type { z } from 'zod'", 'zod'],
  ["import 'left-pad'", 'left-pad'],
  ["const parse = (await import('csv-parse/sync')).parse", 'csv-parse'],
  ["createRequire(import.meta.url)('solc')", 'solc'],
  ["import.meta.resolve('@foundry-rs/anvil/bin.mjs')", '@foundry-rs/anvil'],
])('a package that comes in elsewhere is found: %s', (text, name) => {
  expect(doorViolations(new Map([['model/a.ts', text]]))[0]).toContain(`model/a.ts imports ${name}, `)
})

test('a cycle is found, but types alone make none', () => {
  const circle = new Map([
    ['model/a.ts', "import { b } from './b.js'"],
    ['model/b.ts', "import './c.js'"],
    ['model/c.ts', "export { a } from './a.js'"],
  ])
  expect(cycles(circle)).toEqual(['model/a.ts -> model/b.ts -> model/c.ts -> model/a.ts'])
  expect(cycles(new Map([...circle, ['model/c.ts', "export type { A } from './a.js'"]]))).toEqual([])
})
