import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { include: ['scripts/bench/*.bench.ts'], testTimeout: 900_000, fileParallelism: false },
})
