/**
 * The same perceptron (64-32-10, integer weights as constants, range-checked inputs) compiled by circom, from a source
 * that uses the templates of circuits/, and by us from the ONNX file's integers. Both must accept the same prediction:
 * circom's witness of a sample has the scores that our integer program gives.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { create, toBinary } from '@bufbuild/protobuf'
import * as R1cs from '../../dist/artifacts/iden3/r1cs.js'
import { readManifest } from '../../dist/artifacts/manifest.js'
import { readProgram } from '../../dist/artifacts/program-file.js'
import { saveNpz } from '../../dist/artifacts/samples/npz.js'
import { toSigned } from '../../dist/base/field.js'
import { Random } from '../../dist/base/random.js'
import { execute } from '../../dist/model/execute.js'
import { ModelProtoSchema, TensorProto_DataType as Type } from '../../dist/onnx/gen/onnx_pb.js'
import { compile } from '../../dist/stages/compile.js'

const [INPUTS, HIDDEN, OUTPUTS] = [64, 32, 10]
const CIRCUITS = fileURLToPath(new URL('../../circuits', import.meta.url))
const CIRCOM = join(createRequire(import.meta.url).resolve('circom2'), '../cli.js')

/** Milliseconds (medians) and constraints of both. */
export async function compareCircom(scratch, rounds) {
  const dir = join(scratch, 'mlp')
  mkdirSync(dir)
  await writeMlp(dir)
  const options = {
    model: join(dir, 'mlp.onnx'),
    data: join(dir, 'x.npz'),
    bits: { activation: 8, weight: 8 },
  }
  await compile({ ...options, out: join(dir, 'ours') })
  const program = await readProgram(join(dir, 'ours'))
  const source = sourceOf(program)
  const [ours, theirs] = [[], []]
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(`round ${round + 1} of ${rounds}: compilers\n`)
    ours.push(await timed(() => compile({ ...options, out: join(dir, `ours-${round}`) })))
    theirs.push(await timed(() => runCircom(dir, source)))
  }
  await comparePrediction(dir, program)
  const constraints = (path) => R1cs.decode(readFileSync(path), path, 'any').constraints
  const { circuit } = await readManifest(join(dir, 'ours'))
  return [
    {
      name: 'circom (circom2, --O2)',
      milliseconds: middle(theirs),
      constraints: constraints(join(dir, 'circom', 'main.r1cs')),
    },
    {
      name: 'zkonnx compile, from ONNX, with fidelity',
      milliseconds: middle(ours),
      constraints: circuit.constraints,
    },
  ]
}

/** Throws unless circom's witness of a sample has the scores of our integer program. */
async function comparePrediction(dir, program) {
  const folder = join(dir, 'circom', 'main_js')
  const build = createRequire(folder)(join(folder, 'witness_calculator.js'))
  const calculator = await build(readFileSync(join(folder, 'main.wasm')))
  const [{ lo, hi }] = program.inputs
  const random = new Random(2)
  const x = Float64Array.from({ length: INPUTS }, (_, i) =>
    random.int(lo[lo.length === 1 ? 0 : i], hi[hi.length === 1 ? 0 : i]),
  )
  const scores = execute(program, [x])[program.nodes.at(-1).output]
  const witness = await calculator.calculateWitness({ x: [...x].map(String) }, true)
  for (let i = 0; i < OUTPUTS; i++) {
    if (toSigned(witness[1 + i]) === BigInt(scores[i])) continue
    throw new Error(`circom's score ${i} is ${toSigned(witness[1 + i])}, ours ${scores[i]}`)
  }
}

function middle(times) {
  return times.sort((a, b) => a - b)[times.length >> 1]
}

async function timed(act) {
  const start = performance.now()
  await act()
  return performance.now() - start
}

/** circom's sandbox sees its own folder only. */
function runCircom(dir, source) {
  const folder = join(dir, 'circom')
  cpSync(CIRCUITS, folder, { recursive: true })
  writeFileSync(join(folder, 'main.circom'), source)
  execFileSync(process.execPath, [CIRCOM, 'main.circom', '--r1cs', '--sym', '--wasm', '--O2'], {
    cwd: folder,
    stdio: 'ignore',
  })
  if (statSync(join(folder, 'main.r1cs')).size === 0) throw new Error('circom wrote no circuit')
}

/** `mlp.onnx` with random weights, and samples. */
async function writeMlp(dir) {
  const random = new Random(1)
  const tensor = (name, dims) => ({
    name,
    dims: dims.map(BigInt),
    dataType: Type.FLOAT,
    floatData: Array.from({ length: dims.reduce((a, b) => a * b) }, () => random.unit() - 0.5),
  })
  const port = (name, size) => ({
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: Type.FLOAT,
          shape: { dim: [1, size].map((extent) => ({ value: { case: 'dimValue', value: BigInt(extent) } })) },
        },
      },
    },
  })
  const node = (opType, input, output) => ({ name: output, opType, input, output: [output] })
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 17n }],
    graph: {
      name: 'mlp',
      input: [port('x', INPUTS)],
      output: [port('scores', OUTPUTS)],
      initializer: [
        tensor('w1', [INPUTS, HIDDEN]),
        tensor('b1', [HIDDEN]),
        tensor('w2', [HIDDEN, OUTPUTS]),
        tensor('b2', [OUTPUTS]),
      ],
      node: [
        node('Gemm', ['x', 'w1', 'b1'], 'hidden'),
        node('Relu', ['hidden'], 'relu'),
        node('Gemm', ['relu', 'w2', 'b2'], 'scores'),
      ],
    },
  })
  writeFileSync(join(dir, 'mlp.onnx'), toBinary(ModelProtoSchema, model))
  const data = Float64Array.from({ length: 300 * INPUTS }, () => random.unit())
  await saveNpz(join(dir, 'x.npz'), { x: { shape: [300, INPUTS], data } })
}

/** The integer program in circom, with the widths that intervals give. */
function sourceOf({ inputs, nodes, tensors }) {
  const [{ tensor, lo, hi }] = inputs
  const bits = Math.ceil(Math.log2(Math.max(...hi) - Math.min(...lo) + 1))
  const ranges = new Map([[tensor, { lo: Math.min(...lo), hi: Math.max(...hi) }]])
  const body = [
    `component range[${INPUTS}];`,
    `for (var i = 0; i < ${INPUTS}; i++) { range[i] = Decompose(${bits}); range[i].x <== x[i] - (${Math.min(...lo)}); }`,
  ]
  const name = (id) => (id === tensor ? 'x' : `t${id}`)
  for (const { op, inputs: from, output } of nodes) {
    const size = tensors[output].shape.reduce((a, b) => a * b)
    const range = ranges.get(from[0])
    body.push(`signal ${name(output)}[${size}];`)
    if (op.kind === 'linear') ranges.set(output, writeLinear(body, op, name(from[0]), name(output), range))
    else if (op.kind === 'rescale' && op.relu) {
      const k = Math.ceil(Math.log2(Math.max(-range.lo, range.hi) / 2 ** op.shift + 2))
      body.push(`component r${output}[${size}];`)
      body.push(
        `for (var i = 0; i < ${size}; i++) { r${output}[i] = RescaleRelu(${op.shift}, ${k}); r${output}[i].x <== ${name(from[0])}[i]; ${name(output)}[i] <== r${output}[i].y; }`,
      )
      ranges.set(output, { lo: 0, hi: 2 ** k })
    } else throw new Error(`the bench's circom has no ${op.kind}`)
  }
  const last = name(nodes.at(-1).output)
  body.push(`for (var i = 0; i < ${OUTPUTS}; i++) { scores[i] <== ${last}[i]; }`)
  return [
    'pragma circom 2.1.6;',
    'include "rescale-relu.circom";',
    'template Mlp() {',
    `signal input x[${INPUTS}];`,
    `signal output scores[${OUTPUTS}];`,
    ...body,
    '}',
    'component main {public [x]} = Mlp();',
  ].join('\n')
}

function writeLinear(body, { rowStart, column, weight, weights, bias }, from, to, { lo, hi }) {
  let [least, greatest] = [0, 0]
  for (let row = 0; row + 1 < rowStart.length; row++) {
    let [low, high] = [bias[row], bias[row]]
    const terms = []
    for (let entry = rowStart[row]; entry < rowStart[row + 1]; entry++) {
      const factor = weights[weight[entry]]
      terms.push(`(${factor})*${from}[${column[entry]}]`)
      low += Math.min(factor * lo, factor * hi)
      high += Math.max(factor * lo, factor * hi)
    }
    body.push(`${to}[${row}] <== ${[...terms, `(${bias[row]})`].join(' + ')};`)
    least = Math.min(least, low)
    greatest = Math.max(greatest, high)
  }
  return { lo: least, hi: greatest }
}
