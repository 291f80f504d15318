import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import * as Store from '../../src/artifacts/store.js'

const folder = await mkdtemp(join(tmpdir(), 'zkonnx-store-'))

test('writes a file with the folders above it, replaces it whole, and leaves nothing else', async () => {
  const path = join(folder, 'a', 'b', 'file.bin')
  await Store.writeAtomic(path, Uint8Array.of(1, 2, 3))
  await Store.writeAtomic(path, new Uint8Array([9, 8, 7, 6]).subarray(1, 3))
  expect([...(await readFile(path))]).toEqual([8, 7])
  await Store.writeAtomic(path, '')
  expect(await readdir(join(folder, 'a', 'b'))).toEqual(['file.bin'])
  expect((await readFile(path)).length).toBe(0)
})

test('many writers at once leave one whole file', async () => {
  const path = join(folder, 'contended.txt')
  const texts = Array.from({ length: 20 }, (_, k) => `${k}`.repeat(10_000))
  await Promise.all(texts.map((text) => Store.writeAtomic(path, text)))
  expect(texts).toContain(await readFile(path, 'utf8'))
})

test('a write that fails is typed and leaves no temporary file', async () => {
  const path = join(folder, 'taken')
  await mkdir(join(path, 'inside'), { recursive: true })
  await expect(Store.writeAtomic(path, 'text')).rejects.toThrow(Store.WriteError)
  await expect(
    Store.writeAtomic(join(folder, 'file'), 'x').then(() => Store.ensureDir(join(folder, 'file', 'no'))),
  ).rejects.toThrow(Store.WriteError)
  expect((await readdir(folder)).sort()).toEqual(['a', 'contended.txt', 'file', 'taken'])
})

test('JSON comes back as it went', async () => {
  const path = join(folder, 'value.json')
  await Store.writeJson(path, { a: [1, 2] })
  expect(await Store.readJson(path, z.object({ a: z.array(z.number()) }))).toEqual({ a: [1, 2] })
})

test('what is missing, unreadable, not JSON or of another shape is typed and says where', async () => {
  const path = join(folder, 'broken.json')
  const schema = z.object({ layers: z.array(z.object({ cost: z.number() })) })
  await expect(Store.readJson(join(folder, 'none.json'), schema)).rejects.toThrow(Store.MissingFileError)
  await expect(Store.readJson(folder, schema)).rejects.toThrow(Store.UnreadableFileError)
  await writeFile(path, '{"layers": [')
  await expect(Store.readJson(path, schema)).rejects.toThrow(Store.NotJsonError)
  await writeFile(path, '{"layers": [{"cost": 1}, {"cost": "2"}]}')
  await expect(Store.readJson(path, schema)).rejects.toThrow(Store.SchemaError)
  await expect(Store.readJson(path, schema)).rejects.toThrow(/at layers\.1\.cost/)
})
