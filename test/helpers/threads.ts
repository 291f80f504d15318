/** Keeps the curve's threads over all tests of a file: starting and stopping them takes half a second. */
import { afterAll, beforeAll } from 'vitest'
import { withThreads } from '../../src/prover/curve.js'

export function keepThreads(): void {
  let release = () => {}
  let held: Promise<void> = Promise.resolve()
  beforeAll(async () => {
    await new Promise<void>((ready) => {
      held = withThreads(() => {
        ready()
        return new Promise<void>((resolve) => {
          release = resolve
        })
      })
    })
  })
  afterAll(async () => {
    release()
    await held
  })
}
