/** The tarball of the tree as it is built: exports, types, files and size. The rest of it needs a build: package.test.ts. */
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { lint, type Packed, packed, wrongTypes } from '../helpers/package.js'

/** In kB. Raise them where more is worth it, and say in the commit for what. */
const BUDGET = { packed: 1500, unpacked: 5000 }

let tarball: Packed
beforeAll(() => {
  tarball = packed(fileURLToPath(new URL('../..', import.meta.url)))
})

/** A checkout that was only compiled for its tests lacks what `npm run build` adds. */
const isBuilt = (said: string): boolean => {
  const has = (folder: string) =>
    tarball.files.some((path) => path.startsWith(`dist/${folder}/`) && path.endsWith('.js'))
  return (
    (has('contracts') || !said.includes('./abi/')) &&
    (has('browser') || !/(verify|prove)\.min\.js/.test(said))
  )
}

test('publint has nothing to say', async () => {
  expect((await lint(tarball)).filter(isBuilt)).toEqual([])
})

test('arethetypeswrong finds no wrong types', async () => {
  expect((await wrongTypes(tarball)).filter(isBuilt)).toEqual([])
})

test('keeps to its budget', () => {
  expect([tarball.size / 1e3 < BUDGET.packed, tarball.unpackedSize / 1e3 < BUDGET.unpacked]).toEqual([
    true,
    true,
  ])
})

test('holds what is run and read, and nothing of how it was made', () => {
  const folders = new Set(tarball.files.map((path) => path.split('/')[0]))
  expect([...folders].sort()).toEqual([
    ...['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'circuits', 'contracts', 'dist', 'examples'],
    'package.json',
  ])
  expect(tarball.files.filter((path) => /\/\.|\.test\.|\.map$|__pycache__/.test(path))).toEqual([])
})
