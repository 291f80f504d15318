/** Peak memory of a batch does not grow with its samples. Only with ZKONNX_DEEP: it takes minutes. */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { saveNpz } from '../../src/artifacts/samples/npz.js'
import { compile } from '../../src/stages/compile.js'
import { tempDir } from '../helpers/cli.js'
import { seeded } from '../helpers/onnx-model.js'
import { INPUTS, writeSmallNet } from '../helpers/small-net.js'

const dir = tempDir()
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname
/** Says the process's peak memory as it ends. */
const PEAK = `data:text/javascript,process.on('exit',()=>console.error('peak '+process.resourceUsage().maxRSS))`

/** Of so many runs the least: when a garbage collector comes is chance, and only ever adds. */
const RUNS = 2

/** Kilobytes. */
function peakOf(samples: number): number {
  const args = ['--import', PEAK, MAIN, 'witness', 'm', '--input', `${samples}.npz`]
  const peaks = Array.from({ length: RUNS }, (_, run) => {
    const options = { cwd: dir, encoding: 'utf8', maxBuffer: 2 ** 28 } as const
    const ran = spawnSync(process.execPath, [...args, '-o', `out-${samples}-${run}`], options)
    expect(ran.status).toBe(0)
    return Math.max(...[...ran.stderr.matchAll(/peak (\d+)/g)].map(([, peak]) => Number(peak)))
  })
  return Math.min(...peaks)
}

test.runIf(process.env.ZKONNX_DEEP)(
  '10,000 samples take no more than 2,000 do, but for what a garbage collector leaves',
  async () => {
    await writeSmallNet(dir)
    await compile({ model: join(dir, 'model.onnx'), data: join(dir, 'samples.npz'), out: join(dir, 'm') })
    for (const count of [2_000, 10_000]) {
      const data = Float64Array.from({ length: count * INPUTS }, seeded(3))
      await saveNpz(join(dir, `${count}.npz`), { x: { shape: [count, INPUTS], data } })
    }
    const [few, many] = [peakOf(2_000), peakOf(10_000)]
    console.log(`${few} kB of 2,000 samples, ${many} kB of 10,000`)
    expect(many).toBeLessThan(1.15 * few)
  },
  1_800_000,
)
