#!/usr/bin/env node
/** The command line: `zkonnx COMMAND`. */
import { Command, CommanderError } from 'commander'
import { VERSION } from '../version.js'
import { addAttack } from './commands/attack.js'
import { addDeploy, addSubmit } from './commands/chain.js'
import { addCommit } from './commands/commit.js'
import { addCompile } from './commands/compile.js'
import { addDemo } from './commands/demo.js'
import { addProve, addWitness } from './commands/prove.js'
import { addSetup } from './commands/setup.js'
import { addVerify } from './commands/verify.js'
import { openOutput } from './output.js'
import { EXIT } from './run.js'

const program = new Command('zkonnx')
  .description(
    'Small ONNX models as integer programs and Groth16 circuits: predictions that anyone can verify.',
  )
  .version(VERSION)
  .exitOverride()
  .showHelpAfterError('(see zkonnx COMMAND --help)')

for (const add of [
  addCompile,
  addSetup,
  addWitness,
  addProve,
  addVerify,
  addCommit,
  addDeploy,
  addSubmit,
  addAttack,
  addDemo,
]) {
  add(program)
}
for (const command of program.commands) command.exitOverride()

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  // commander has said it already, to people
  process.exitCode = error.exitCode === 0 ? 0 : EXIT.input
  if (error.exitCode !== 0 && process.argv.includes('--json')) {
    openOutput(true).result({ error: { name: 'Cli.UsageError', message: error.message } })
  }
}
