/** The kernels in the repository are those that scripts/kernels writes, byte for byte, and small. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { fma } from '../../src/prover/groth16/fast/fma.wasm.js'
import { integer } from '../../src/prover/groth16/fast/integer.wasm.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

test('are generated', () => {
  // a stack for wasmati, which spreads a whole module's bytes
  execFileSync('npx', ['tsc', '-p', 'scripts/kernels'], { cwd: ROOT })
  const script = '.cache/kernels/scripts/kernels/main.js'
  execFileSync('node', ['--stack-size=30000', script, '--check'], { cwd: ROOT, stdio: 'pipe' })
})

test('are less than 250 kB together', () => {
  const bytes = [fma, integer].map((text) => Buffer.from(text, 'base64').length)
  expect(Math.min(...bytes)).toBeGreaterThan(10_000)
  expect(bytes.reduce((a, b) => a + b)).toBeLessThan(250_000)
})
