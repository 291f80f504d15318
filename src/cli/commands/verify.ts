/** `zkonnx verify`: proofs off the chain. */
import type { Command } from 'commander'
import { type Manifest, readManifest } from '../../artifacts/manifest.js'
import { BaseError } from '../../base/errors.js'
import { DEV_WARNING } from '../../prover/keys.js'
import { type BundleCheck, verifyBundle } from '../../stages/bundle.js'
import { type Verdict, verify } from '../../stages/verify.js'
import { JSON_OPTION } from '../options.js'
import { colour, fold, type Output, shownPath, table, WIDTH } from '../output.js'
import { EXIT, runCommand } from '../run.js'
import { spell } from '../spell.js'

type Options = { readonly bundle?: string; readonly json?: boolean }

export function addVerify(program: Command): void {
  program
    .command('verify')
    .description('verify proofs off the chain; exit code 1 when one does not hold')
    .argument('[dir]', 'the folder of the compiled model')
    .argument('[proof...]', 'folders that prove wrote, or the proof.json in them')
    .option('--bundle <file>', 'a bundle instead, which needs no other file')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nExamples:\n  zkonnx verify build/model proofs/*\n  zkonnx verify --bundle predictions.zip\n',
    )
    .action((dir: string | undefined, paths: readonly string[], options: Options) =>
      runCommand(options, async (output) => {
        if (options.bundle !== undefined && dir === undefined) return verifyOneBundle(output, options.bundle)
        if (options.bundle !== undefined || dir === undefined || paths.length === 0) throw new UsageError()
        await verifyFolders(output, dir, paths)
      }),
    )
}

async function verifyFolders(output: Output, dir: string, paths: readonly string[]): Promise<void> {
  const manifest = await readManifest(dir)
  const verdicts: Verdict[] = []
  for (const path of paths) {
    output.progress(`verifying ${path}`)
    verdicts.push(await verify(dir, path))
  }
  output.say(proofTable(verdicts, manifest))
  if (manifest.setup?.kind === 'dev')
    for (const line of fold(`${colour.yellow('note')} ${DEV_WARNING}`, WIDTH - 2)) output.say(`  ${line}`)
  output.result(verdicts.map(({ folder, valid, reason, says }) => ({ folder, valid, reason, says })))
  if (verdicts.some(({ valid }) => !valid)) process.exitCode = EXIT.answer
}

async function verifyOneBundle(output: Output, path: string): Promise<void> {
  const verdict = await verifyBundle(path, (proof) => output.progress(`verifying ${proof}`))
  if (verdict.proofs.length > 0) output.say(proofTable(verdict.proofs, verdict.model))
  output.say()
  for (const { what, outcome, says } of verdict.checks) {
    const [first, ...rest] = fold(says, WIDTH - INDENT)
    output.say(`  ${MARKS[outcome]} ${what.padEnd(INDENT - 4)}${first}`)
    for (const line of rest) output.say(`${' '.repeat(INDENT)}${line}`)
  }
  output.say()
  output.say('  the digest of the bundle:')
  output.say(`  ${verdict.sha256}`)
  output.say('  the digest of its manifest, which is the id of the model on a chain:')
  output.say(`  ${verdict.manifest}`)
  if (verdict.devKeys) for (const line of fold(DEV_WARNING, WIDTH - 2)) output.warn(`  ${line}`)
  const { proofs, model: _, ...rest } = verdict
  output.result({
    ...rest,
    proofs: proofs.map(({ folder, valid, reason, says }) => ({ folder, valid, reason, says })),
  })
  if (!verdict.holds) process.exitCode = EXIT.answer
}

/** Where what a check says begins. */
const INDENT = 24

const MARKS: Readonly<Record<BundleCheck['outcome'], string>> = {
  holds: colour.green('✓'),
  fails: colour.red('✗'),
  'not checked': colour.yellow('–'),
}

function proofTable(verdicts: readonly Verdict[], manifest: Manifest): string {
  return table(
    ['proof', 'holds', 'what it says'].map((title) => ({ title })),
    verdicts.map((verdict) => rowOf(verdict, manifest)),
  )
}

function rowOf({ folder, valid, reason, says }: Verdict, manifest: Manifest): string[] {
  const shown = shownPath(folder)
  const what = valid ? says.outputs.map((said) => spell(said, manifest)).join('; ') : (reason ?? '')
  const left = Math.max(LEAST_WIDTH, WIDTH - shown.length - OTHER_WIDTH)
  return [shown, valid ? colour.green('yes') : colour.red('no'), fold(what, left).join('\n')]
}

/** Of a line, beside the path and what a proof says: the margin, the second column, two gaps. */
const OTHER_WIDTH = 11
const LEAST_WIDTH = 30

export class UsageError extends BaseError {
  override name = 'Cli.UsageError'
  constructor() {
    super('It was not said what to verify.', {
      hint: 'give the folder of a model and proofs (zkonnx verify DIR PROOF...), or a bundle alone (--bundle FILE)',
    })
  }
}
