#!/usr/bin/env node
/** The command line: `zkonnx COMMAND`. */
import { Command, CommanderError } from 'commander'
import { VERSION } from '../version.js'
import { openOutput } from './output.js'
import { EXIT } from './run.js'

const program = new Command('zkonnx')
  .description(
    'Small ONNX models as integer programs and Groth16 circuits: predictions that anyone can verify.',
  )
  .version(VERSION)
  .exitOverride()
  .showHelpAfterError('(see zkonnx COMMAND --help)')

type Add = (program: Command) => void

/** Only the command that is asked for is loaded: each brings packages that take long to load. Help has all of them. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  doctor: async () => (await import('./commands/doctor.js')).addDoctor,
  compile: async () => (await import('./commands/compile.js')).addCompile,
  setup: async () => (await import('./commands/setup.js')).addSetup,
  ceremony: async () => (await import('./commands/ceremony.js')).addCeremony,
  witness: async () => (await import('./commands/prove.js')).addWitness,
  prove: async () => (await import('./commands/prove.js')).addProve,
  verify: async () => (await import('./commands/verify.js')).addVerify,
  bundle: async () => (await import('./commands/bundle.js')).addBundle,
  'verify-build': async () => (await import('./commands/verify-build.js')).addVerifyBuild,
  commit: async () => (await import('./commands/commit.js')).addCommit,
  deploy: async () => (await import('./commands/chain.js')).addDeploy,
  register: async () => (await import('./commands/register.js')).addRegister,
  submit: async () => (await import('./commands/chain.js')).addSubmit,
  request: async () => (await import('./commands/board.js')).addRequest,
  fulfil: async () => (await import('./commands/board.js')).addFulfil,
  withdraw: async () => (await import('./commands/board.js')).addWithdraw,
  reclaim: async () => (await import('./commands/board.js')).addReclaim,
  watch: async () => (await import('./commands/watch.js')).addWatch,
  attack: async () => (await import('./commands/attack.js')).addAttack,
  demo: async () => (await import('./commands/demo.js')).addDemo,
}

// whoever read the output went away, as `head` does: what runs until it is stopped is stopped, what ends by itself may end
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.emit('SIGINT')
  })
}

const asked = process.argv[2] ?? ''
const wanted = Object.hasOwn(COMMANDS, asked) ? [COMMANDS[asked]!] : Object.values(COMMANDS)
for (const load of wanted) (await load())(program)
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
