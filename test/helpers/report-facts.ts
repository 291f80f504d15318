/** What a report is about, made up: two layers, one output, two proofs that are none. */
import type { Manifest } from '../../src/artifacts/manifest.js'
import { plan } from '../../src/artifacts/statement.js'
import { estimateGas } from '../../src/chain/gas.js'
import type { ReportFacts } from '../../src/report/facts.js'

const DIGEST = `sha256:${'0'.repeat(64)}` as const

/** Every name that files bring is `name`, told apart by what it is of. */
export function reportFacts(name = ''): ReportFacts {
  const [input, output, layer, last] = ['x', 'scores', 'hidden', 'last'].map(
    (of) => `${of}${name}`,
  ) as string[]
  const statement = plan(
    [{ name: output!, count: 3, lo: -50, hi: 50 }],
    [{ name: input!, count: 49, lo: 0, hi: 15 }],
  )
  const point = (constraints: number, flips: number, bits: number) => ({
    ...{ constraints, flips, expected: flips, within: flips < 0.05 },
    bits: { activation: bits, weight: bits, input: 8 },
  })
  const manifest: Manifest = {
    format: 'zkonnx-manifest/1',
    zkonnx: `0${name}`,
    tools: { onnxruntime: `1${name}`, solc: `2${name}` },
    model: { name: `model${name}`, files: [{ name: `m${name}.onnx`, sha256: DIGEST }], weights: 'fixed' },
    data: [{ name: `d${name}.npz`, sha256: DIGEST, role: 'data' }],
    options: {},
    inputs: [
      {
        name: input!,
        shape: [1, 1, 7, 7],
        visibility: 'public',
        salted: false,
        scale: [1],
        lo: [0],
        hi: [15],
      },
    ],
    fixed: [],
    outputs: [
      ...[{ name: output!, shape: [1, 3], meaning: 'scores' as const, visibility: 'public' as const }].map(
        (port) => ({
          ...port,
          ...{ salted: false, scale: [0.5], lo: -50, hi: 50 },
        }),
      ),
    ],
    classes: ['cat', 'dog', 'bird'].map((one) => `${one}${name}`),
    statement: structuredClone(statement) as unknown as Manifest['statement'],
    layers: [
      {
        name: layer!,
        source: `Relu${name}`,
        kind: 'rescale',
        shape: [1, 4],
        lo: 0,
        hi: 9,
        bits: 4,
        constraints: 80,
      },
      {
        name: last!,
        source: 'Gemm',
        kind: 'linear',
        shape: [1, 3],
        lo: -50,
        hi: 50,
        bits: 7,
        constraints: 0,
      },
    ],
    circuit: {
      ...{ sha256: DIGEST, constraints: 100, wires: 90, publicSignals: statement.context + 1, power: 7 },
      ...{ inputConstraints: 15, statementConstraints: 5 },
    },
    quantization: {
      ...{
        choice: 'auto',
        bits: { activation: 5, weight: 5, input: 8 },
        target: { maxFlip: 0.05 },
        met: true,
      },
      ...{ trials: 3, samples: 60 },
      frontier: [point(70, 0.1, 4), point(100, 0.02, 5), point(140, 0, 6)],
    },
    notes: [`A note${name}.`],
    setup: {
      ...{ kind: 'ceremony', zkey: DIGEST, verificationKey: DIGEST },
      ptau: { name: `p${name}`, power: 10, blake2b: '0'.repeat(128), verified: 'full' },
      contributions: [{ name: `who${name}`, hash: '1'.repeat(128) }],
    },
  }
  const context = { kind: 'label', label: `label${name}` } as const
  const proof = {
    ...{
      label: 1,
      reason: undefined,
      context,
      times: { infer: 1, execute: 2, witness: 30, prove: 400, verify: 20 },
    },
    ...{ signals: ['1', '2', `3${name}`], proof: { pi_a: name } },
  }
  return {
    ...{ manifest, modelId: DIGEST, dir: `dir${name}`, verificationKey: { of: name } },
    fidelity: {
      ...{ samples: 60, outside: 1 },
      labels: {
        ...{ flips: 1, rate: 1 / 60, interval: [0.003, 0.09], accuracy: { float: 0.9, integer: 0.88 } },
        flipped: [{ sample: 4, float: [0], integer: [2], margin: 0.01 }],
      },
      outputs: [{ name: output!, source: 'output', worst: 0.4, mean: 0.1, relative: 0.03 }],
      layers: [layer!, last!].map((one) => ({
        name: one,
        source: 'Gemm',
        worst: 0.4,
        mean: 0.1,
        relative: 0.01,
      })),
    },
    wiring: {
      layers: [[{ input: input! }], [{ layer: 0 }]],
      outputs: [{ name: output!, from: { layer: 1 } }],
    },
    comparison: {
      ...{ of: `60 samples of d${name}.npz`, samples: 60 },
      outputs: [
        {
          ...{ name: output!, total: 180 },
          points: Array.from({ length: 50 }, (_, i) => ({
            float: i,
            integer: i + (i % 3) / 2,
            flips: i === 7,
          })),
        },
      ],
      flipped: [{ sample: 4, input: Array.from({ length: 49 }, (_, i) => i) }],
    },
    proofs: {
      shown: [
        {
          ...{ ...proof, folder: `proofs${name}/000000`, sample: 0, valid: true },
          says: {
            outputs: [
              {
                ...{
                  name: output!,
                  shows: 'values',
                  shape: [1, 3],
                  integers: [1, 9, 2],
                  values: [0.5, 4.5, 1],
                },
                class: { index: 1, name: `dog${name}` },
              },
            ],
            inputs: [
              {
                name: input!,
                shows: 'values',
                shape: [1, 1, 7, 7],
                integers: Array(49).fill(3),
                values: Array(49).fill(3),
              },
            ],
            context: '9',
          },
        },
        {
          ...proof,
          folder: `proofs${name}/000001`,
          sample: 1,
          valid: false,
          reason: `why${name}`,
          says: undefined,
        },
      ],
      ...{ found: 3, place: `proofs${name}` },
    },
    chain: {
      deployment: {
        ...{ chainId: `31337${name}`, embedded: true, forgeable: true },
        contracts: [{ what: 'record', address: `0xa${name}`, transaction: `0xb${name}`, gas: 633_600 }],
      },
      registration: {
        ...{
          chainId: `1${name}`,
          id: `7${name}`,
          registry: `0xc${name}`,
          ledger: `0xd${name}`,
          verifier: `0xe${name}`,
        },
      },
      gas: estimateGas(statement),
    },
  }
}

/** What a name could do, were it not escaped; without a space, and longer than any line. */
export const HOSTILE = `"'></script><script>window.pwned=1</script><img/src=x/onerror=window.pwned=1>&amp;\u202e${'w'.repeat(120)}`
