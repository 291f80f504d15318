/** `zkonnx demo`, which `npm start` runs: the whole way on a real model, as a person would want to watch it. */
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { type Manifest, readManifest } from '../../artifacts/manifest.js'
import { BaseError } from '../../base/errors.js'
import { submit } from '../../chain/submit.js'
import { type PipelineEvents, type RecordedSample, runPipeline } from '../../pipeline.js'
import { type OpenChain, readDeployment } from '../../stages/chain.js'
import { readProof } from '../../stages/verify.js'
import { answerOf, placeOfLargest } from '../answer.js'
import { JSON_OPTION, parseCount } from '../options.js'
import { colour, count, milliseconds, type Output, shownPath, table } from '../output.js'
import { runInterruptible } from '../run.js'
import { sayCompiled } from './compile.js'

const EXAMPLE = new URL('../../../examples/digits/', import.meta.url)

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('the whole way on the digits example: compile, prove, verify, record on a local chain')
    .option('--count <n>', 'held-out samples to prove', parseCount, 8)
    .option('-o, --out <dir>', 'the folder to write', 'artifacts/digits')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExample:\n  zkonnx demo --count 4\n')
    .action(({ out: dir, ...options }: { count: number; out: string; json?: boolean }) =>
      runInterruptible(options, async (output, signal) => {
        const input = fileURLToPath(new URL('heldout.npz', EXAMPLE))
        output.say(colour.bold('zkonnx: from an ONNX file to predictions that a contract has verified'))
        await runPipeline({
          compile: {
            model: fileURLToPath(new URL('digits.onnx', EXAMPLE)),
            data: fileURLToPath(new URL('calibration.npz', EXAMPLE)),
            holdout: input,
            out: dir,
          },
          input,
          count: options.count,
          signal,
          on: narrate(output, dir),
        })
        sayNext(output, dir)
      }),
    )
}

const TITLES = {
  compile: 'Fold, import, calibrate and quantize the model; emit its circuit',
  setup: 'Make dev keys',
  prove: 'Infer, execute, witness and prove in parallel workers',
  verify: 'Verify each proof off the chain',
  deploy: 'Compile and deploy the contracts',
  submit: 'Record each prediction on the chain',
} as const

function narrate(output: Output, dir: string): PipelineEvents {
  let step = 0
  return {
    begin(stage) {
      step++
      output.say(`\n${colour.bold(`${step}. ${TITLES[stage]}`)}`)
    },
    compiled: (compiled) => sayCompiled(output, compiled),
    keys(_, time) {
      output.say(`  dev keys in ${milliseconds(time)}`)
      output.say('  whoever makes dev keys could forge proofs: they are for local chains only')
    },
    proved(result, done, total) {
      output.progress(`  sample ${result.sample} proven (${done} of ${total})`)
    },
    verified(verdicts, time) {
      const valid = verdicts.filter((verdict) => verdict.valid).length
      output.say(`  ${valid} of ${verdicts.length} proofs hold (${milliseconds(time)} in all)`)
      const bad = verdicts.find((verdict) => !verdict.valid)
      if (bad !== undefined) throw new BaseError(`${bad.folder}: ${bad.reason}`, { fault: 'internal' })
    },
    deployed({ chainId, verifier, record }) {
      output.say(`  chain ${chainId}: verifier ${verifier.address} (${count(Number(verifier.gas))} gas)`)
      output.say(
        `  ${' '.repeat(String(chainId).length)}        record ${record.address} (${count(Number(record.gas))} gas)`,
      )
    },
    async recorded(samples, chain) {
      const manifest = await readManifest(dir)
      const rows = samples.map((sample) => describe(sample, manifest))
      output.say(predictionTable(rows))
      output.say(`\n${timeTable(rows)}`)
      const equal = rows.filter((row) => row.equal).length
      output.say(`  ${equal} of ${rows.length} recorded predictions equal the integer model's answer`)
      const refused = await tryToCheat(output, dir, samples[0]!, chain)
      output.result({ dir, predictions: rows, refused })
      if (equal !== rows.length)
        throw new BaseError('The chain holds other predictions.', { fault: 'internal' })
    },
  }
}

type Row = ReturnType<typeof describe>

function describe({ result, recorded, milliseconds: submit }: RecordedSample, manifest: Manifest) {
  if ('error' in result) throw result.error
  const { prediction } = result.outcome
  const [float, integer] = answerOf(prediction, manifest)
  const integers = prediction.integer.flatMap((output) => output.integers)
  return {
    sample: result.sample,
    label: result.label,
    float,
    integer,
    onChain: `class ${placeOfLargest(recorded.onChain.output)}`,
    recorded: recorded.onChain.output,
    equal: String(integers) === String(recorded.onChain.output),
    gas: Number(recorded.submission.gas),
    times: { ...prediction.times, submit },
  }
}

function predictionTable(rows: readonly Row[]): string {
  const titles = ['sample', 'label', 'float', 'integer', 'on chain', 'gas']
  return table(
    titles.map((title, i) => ({ title, align: i === 0 || i === 5 ? 'right' : 'left' })),
    rows.map(({ sample, label, float, integer, onChain, gas }) => [
      sample,
      label ?? '',
      float,
      integer,
      onChain,
      count(gas),
    ]),
  )
}

function timeTable(rows: readonly Row[]): string {
  const steps = ['infer', 'execute', 'witness', 'prove', 'verify', 'submit'] as const
  return table(
    ['sample', ...steps].map((title) => ({ title, align: 'right' })),
    rows.map(({ sample, times }) => [sample, ...steps.map((step) => milliseconds(times[step] ?? 0))]),
  )
}

/** One proof with an altered output, and one handed in twice: both must be refused. */
async function tryToCheat(output: Output, dir: string, { folder }: RecordedSample, chain: OpenChain) {
  const { proof, signals, prediction } = await readProof(folder, await readManifest(dir))
  if (prediction.context.kind !== 'chain')
    throw new BaseError('The proof is not bound to the chain.', { fault: 'internal' })
  const { beneficiary, nonce, deadline } = prediction.context
  const terms = { beneficiary, nonce: BigInt(nonce), deadline: BigInt(deadline) }
  const { record } = await readDeployment(dir)
  const altered = [(BigInt(signals[0]!) ^ 1n).toString(), ...signals.slice(1)]
  const attempts = [
    ['the same proof with another output', altered],
    ['the same prediction a second time', signals],
  ] as const
  const refusals = []
  for (const [what, tried] of attempts) {
    const error = await refusalOf(() =>
      chain
        .signer()
        .then((signer) => submit(chain.chain, signer, record.address, { proof, signals: tried, terms })),
    )
    output.say(`  ${colour.green('refused')} ${what}: ${error}`)
    refusals.push({ what, error })
  }
  return refusals
}

async function refusalOf(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt()
  } catch (error) {
    if (error instanceof BaseError && error.name === 'Chain.RevertError') return error.message.split('\n')[0]!
    throw error
  }
  throw new BaseError('A prediction was recorded that should have been refused.', { fault: 'internal' })
}

function sayNext(output: Output, dir: string): void {
  output.say(
    `\n${colour.bold('Everything made on the way')} is in ${shownPath(dir)}; to look at it in a browser:`,
  )
  output.say(`  npx zkonnx report ${shownPath(dir)}`)
  output.say(`\n${colour.bold('The same with your own model:')}`)
  for (const line of [
    'npx zkonnx compile MODEL.onnx --data SAMPLES.npz -o artifacts/mine',
    'npx zkonnx setup artifacts/mine --dev',
    'npx zkonnx prove artifacts/mine --input SAMPLES.npz -o artifacts/mine/proofs',
  ]) {
    output.say(`  ${line}`)
  }
}
