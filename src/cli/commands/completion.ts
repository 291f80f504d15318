/** `zkonnx completion`: what makes shells complete commands, options and their words. */
import { Argument, type Command } from 'commander'
import { SCRIPTS, type Shell } from '../completion/scripts.js'
import { placesOf } from '../completion/tree.js'

const HELP = `
For this shell, in bash, zsh and fish:
  source <(zkonnx completion bash)
  source <(zkonnx completion zsh)
  zkonnx completion fish | source

For good:
  zkonnx completion bash > ~/.local/share/bash-completion/completions/zkonnx
  zkonnx completion zsh > "\${fpath[1]}/_zkonnx"
  zkonnx completion fish > ~/.config/fish/completions/zkonnx.fish

Example:
  zkonnx completion bash
`

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script that makes a shell complete zkonnx commands')
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', HELP)
    .action((shell: Shell) => {
      process.stdout.write(SCRIPTS[shell](placesOf(program)))
    })
}
