import { configDefaults, defineConfig } from 'vitest/config'

/** Commands and contracts from end to end that take longest: `npm run test:long`, a step of the CI, and in the deep run. */
const LONG = [
  'test/conformance/doctor.cases.test.ts',
  'test/e2e/board.cli.test.ts',
  'test/e2e/ceremony.test.ts',
  'test/e2e/chain.gas.test.ts',
  'test/e2e/cli.interrupt.test.ts',
  'test/e2e/commit.test.ts',
  'test/e2e/context.test.ts',
  'test/e2e/examples.test.ts',
  'test/e2e/examples.model.test.ts',
  'test/e2e/ledger.test.ts',
  'test/e2e/register.cli.test.ts',
  'test/e2e/verify-build.test.ts',
  'test/e2e/watch.test.ts',
]
const { ZKONNX_DEEP, ZKONNX_LONG } = process.env

export default defineConfig({
  test: {
    include: ZKONNX_LONG ? LONG : ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(ZKONNX_DEEP || ZKONNX_LONG ? [] : LONG)],
    // against hanging, not slowness: machines are shared, and no test is about time
    testTimeout: 180_000,
    hookTimeout: 240_000,
    // two cores, and provers that use both: two files at a time
    maxWorkers: 2,
  },
})
