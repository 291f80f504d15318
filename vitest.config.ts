import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // against hanging, not slowness: machines are shared, and no test is about time
    testTimeout: 180_000,
    hookTimeout: 240_000,
    // two cores, and provers that use both: two files at a time
    maxWorkers: 2,
  },
})
