import { expect, test } from 'vitest'
import { planBudget, workerBytes } from '../../src/workers/budget.js'

const plenty = { memory: 1e12, keyBytes: 60e6 }

test.each([
  [
    'many samples: a worker a core',
    { threads: 8, tasks: 100 },
    { workers: 8, threads: 1, mode: 'throughput' },
  ],
  ['as many as cores: the same', { threads: 8, tasks: 8 }, { workers: 8, threads: 1, mode: 'throughput' }],
  ['nobody knows how many: the same', { threads: 8 }, { workers: 8, threads: 1, mode: 'throughput' }],
  [
    'fewer than cores: all for one proof',
    { threads: 8, tasks: 7 },
    { workers: 1, threads: 8, mode: 'latency' },
  ],
  ['one core', { threads: 1, tasks: 1 }, { workers: 1, threads: 1, mode: 'throughput' }],
  ['no samples at all', { threads: 2, tasks: 0 }, { workers: 1, threads: 2, mode: 'latency' }],
] as const)('%s', (_, demand, budget) => {
  expect(planBudget({ ...plenty, ...demand })).toEqual(budget)
})

test('no mode ever uses more threads than there are cores', () => {
  for (let threads = 1; threads <= 9; threads++)
    for (let tasks = 0; tasks <= 12; tasks++) {
      const { workers, threads: each } = planBudget({ ...plenty, threads, tasks })
      expect(workers * each).toBeLessThanOrEqual(threads)
    }
})

test('workers are as many as the memory holds beside the key, and never none', () => {
  const keyBytes = 60e6
  const workersIn = (memory: number) => planBudget({ threads: 64, keyBytes, memory }).workers
  expect(workersIn(1e6)).toBe(1)
  for (const memory of [1e9, 4e9, 16e9]) {
    const workers = workersIn(memory)
    expect(keyBytes + workers * workerBytes(keyBytes)).toBeLessThan(memory)
    expect(workersIn(memory + 2 * workerBytes(keyBytes))).toBeGreaterThan(workers)
  }
  expect(workersIn(1e12)).toBe(64)
})
