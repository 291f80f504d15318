/** A 784-32-10 perceptron with secret weights, at its full size: two trainings under one key. */
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { encodeNpz } from '../../src/artifacts/samples/npz.js'
import { compile } from '../../src/stages/compile.js'
import { prove } from '../../src/stages/prove.js'
import { setup } from '../../src/stages/setup.js'
import { verify } from '../../src/stages/verify.js'
import { hasCases } from '../helpers/cases.js'
import { tempDir } from '../helpers/cli.js'
import { type Digits, MNIST, readDigits, trainMlp } from '../helpers/mnist.js'

const dir = tempDir()
const at = (...parts: string[]) => join(dir, ...parts)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

describe.runIf(process.env.ZKONNX_DEEP && hasCases(MNIST))('a committed 784-32-10 MLP', () => {
  test('fits 2^18, proves and verifies, and shares its key with another training', {
    timeout: 900_000,
  }, async () => {
    const { images, labels } = await readDigits()
    const part = (from: number, to: number): Digits => ({
      images: images.slice(from, to),
      labels: labels.slice(from, to),
    })
    writeFileSync(at('samples.npz'), npz(part(9400, 10_000)))
    writeFileSync(at('first.onnx'), trainMlp(part(0, 9000), 32, 1))
    writeFileSync(at('second.onnx'), trainMlp(part(400, 9400), 32, 2))
    const [first, second] = [at('first'), at('second')]

    const compiled = await compile({
      ...{ model: at('first.onnx'), data: at('samples.npz'), out: first },
      ...{ weights: 'committed', bits: { weight: 7 }, disclose: { inputs: 'hashed' }, maxFlip: 0.03 },
    })
    expect(compiled.manifest.circuit.power).toBe(18)
    const keys = await timed('setup', () => setup({ dir: first, kind: 'dev' }))
    expect(keys.kind).toBe('dev')
    const other = await compile({
      model: at('second.onnx'),
      data: at('samples.npz'),
      out: second,
      like: first,
      maxFlip: 0.03,
    })
    expect(other.keysCopied).toBe(true)
    const size = statSync(join(first, 'circuit.zkey')).size / 1e6
    console.log(`${compiled.manifest.circuit.constraints} constraints, a key of ${size.toFixed(0)} MB`)

    for (const folder of [first, second]) {
      const [made] = await timed('proof', () =>
        prove({ dir: folder, input: at('samples.npz'), out: join(folder, 'p'), limit: 1 }),
      )
      expect(made).toMatchObject({ folder: join(folder, 'p/000000') })
      expect(await verify(folder, join(folder, 'p/000000'))).toMatchObject({ valid: true })
    }
    expect(await verify(first, join(second, 'p/000000'))).toMatchObject({ valid: false })
  })
})

function npz({ images, labels }: Digits): Uint8Array {
  const x = new Float64Array(images.length * 784)
  images.forEach((image, i) => {
    x.set(image, 784 * i)
  })
  return encodeNpz({
    x: { shape: [images.length, 784], data: x },
    y: { shape: [labels.length], data: labels },
  })
}

async function timed<T>(what: string, act: () => Promise<T>): Promise<T> {
  const start = performance.now()
  const result = await act()
  console.log(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`)
  return result
}
