/** The tree of commands: what the command line parses, completes and explains. */
import { Command, type Option } from 'commander'
import { VERSION } from '../version.js'
import { colour, WIDTH } from './output.js'

type Add = (program: Command) => void

/** Only the command that is asked for is loaded: each brings packages that take long to load. Help and completion have all of them. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  doctor: async () => (await import('./commands/doctor.js')).addDoctor,
  compile: async () => (await import('./commands/compile.js')).addCompile,
  setup: async () => (await import('./commands/setup.js')).addSetup,
  ceremony: async () => (await import('./commands/ceremony.js')).addCeremony,
  witness: async () => (await import('./commands/prove.js')).addWitness,
  prove: async () => (await import('./commands/prove.js')).addProve,
  verify: async () => (await import('./commands/verify.js')).addVerify,
  bundle: async () => (await import('./commands/bundle.js')).addBundle,
  report: async () => (await import('./commands/report.js')).addReport,
  'verify-build': async () => (await import('./commands/verify-build.js')).addVerifyBuild,
  commit: async () => (await import('./commands/commit.js')).addCommit,
  deploy: async () => (await import('./commands/chain.js')).addDeploy,
  register: async () => (await import('./commands/register.js')).addRegister,
  submit: async () => (await import('./commands/chain.js')).addSubmit,
  calldata: async () => (await import('./commands/calldata.js')).addCalldata,
  request: async () => (await import('./commands/board.js')).addRequest,
  fulfil: async () => (await import('./commands/board.js')).addFulfil,
  withdraw: async () => (await import('./commands/board.js')).addWithdraw,
  reclaim: async () => (await import('./commands/board.js')).addReclaim,
  watch: async () => (await import('./commands/watch.js')).addWatch,
  serve: async () => (await import('./commands/serve.js')).addServe,
  attack: async () => (await import('./commands/attack.js')).addAttack,
  demo: async () => (await import('./commands/demo.js')).addDemo,
  completion: async () => (await import('./commands/completion.js')).addCompletion,
}

/** The program with the command of this name, or with all of them. Nothing in it ends the process. */
export async function openProgram(asked = ''): Promise<Command> {
  const program = new Command('zkonnx')
    .description(
      'Small ONNX models as integer programs and Groth16 circuits: predictions that anyone can verify.',
    )
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(see zkonnx COMMAND --help)')
    .configureHelp({
      helpWidth: WIDTH,
      styleTitle: (title) => colour.bold(title),
      optionDescription: describeOption,
    })
    .addHelpText('after', FIRST_STEPS)
  const wanted =
    Object.hasOwn(COMMANDS, asked) && asked !== 'completion' ? [COMMANDS[asked]!] : Object.values(COMMANDS)
  for (const load of wanted) (await load())(program)
  return program
}

const FIRST_STEPS = `
Example, from a model to a verified proof:
  zkonnx doctor model.onnx
  zkonnx compile model.onnx --data samples.npz -o build/model
  zkonnx setup build/model --dev
  zkonnx prove build/model --input samples.npz --limit 1 -o proofs
  zkonnx verify build/model proofs/*
`

/** As commander does, but that a collection which begins empty is no default worth telling. */
function describeOption(option: Option): string {
  const { description, argChoices, defaultValue, defaultValueDescription } = option
  const empty = typeof defaultValue === 'object' && Object.keys(defaultValue).length === 0
  const facts: string[] = []
  if (argChoices !== undefined) facts.push(`one of ${argChoices.join(', ')}`)
  const shown = option.required || option.optional || option.isBoolean()
  if (shown && defaultValue !== undefined && typeof defaultValue !== 'boolean' && !empty)
    facts.push(`default: ${defaultValueDescription ?? defaultValue}`)
  return facts.length === 0 ? description : `${description} (${facts.join('; ')})`
}
