/** What a statement costs on chain, for every choice of what it shows, as a table. */
import type { GasChoice } from '../chain/gas.js'
import { count, table } from './output.js'

/** Estimates to three digits: more would promise too much. */
export function gasTable(choices: readonly GasChoice[]): string {
  const titles = ['signals', 'bytes', 'deploy', 'verify', 'of 10', 'of 100', 'record']
  return table(
    [
      { title: 'inputs' },
      { title: 'outputs' },
      ...titles.map((title) => ({ title, align: 'right' as const })),
    ],
    choices.map(({ inputs, outputs, signals, gas }) => [
      inputs,
      outputs,
      signals,
      `${count(gas.verifierBytes)}${gas.fits ? '' : ' !'}`,
      ...[gas.deploy, gas.verify, gas.batchOf10, gas.batchOf100, gas.record].map(rounded),
    ]),
  )
}

export function rounded(value: number): string {
  return count(Number(value.toPrecision(3)))
}
