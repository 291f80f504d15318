/**
 * Completion for bash, zsh and fish, written out from the tree of commands: pressing tab starts no process of ours.
 *
 * Traps: zsh's _describe splits a word from what it says at a colon; a quote ends a quoted text in each of the three.
 */
import type { Flag, Named, Place } from './tree.js'

export const SCRIPTS = { bash, zsh, fish } as const
export type Shell = keyof typeof SCRIPTS

function bash(places: readonly Place[]): string {
  return `# zkonnx for bash. For this shell: source <(zkonnx completion bash)
# For good: zkonnx completion bash > ~/.local/share/bash-completion/completions/zkonnx
_zkonnx() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at=zkonnx i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
      ${alternatives(places)}) at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
  COMPREPLY=()
  case "$at $prev" in
${values(places, (pattern, words) => `    ${pattern}) COMPREPLY=($(compgen -W ${quote(words.join(' '))} -- "$cur")); return ;;`)}
  esac
  local commands= options=
  case "$at" in
${places.map(bashCase).join('\n')}
  esac
  if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif [[ -n $commands ]]; then COMPREPLY=($(compgen -W "$commands" -- "$cur"))
  fi # else files, by -o default
}
complete -o bashdefault -o default -F _zkonnx zkonnx
`
}

function zsh(places: readonly Place[]): string {
  const entries = (list: readonly Named[]) =>
    list.map(({ name, says }) => quote(`${name.replaceAll(':', '\\:')}:${says}`)).join(' ')
  const flags = (list: readonly Flag[]) =>
    entries(list.flatMap(({ names, says }) => names.map((name) => ({ name, says }))))
  return `#compdef zkonnx
# zkonnx for zsh. For this shell: source <(zkonnx completion zsh)
# For good: zkonnx completion zsh > "\${fpath[1]}/_zkonnx"
_zkonnx() {
  local at=zkonnx word
  local -a commands flags
  for word in \${words[2,CURRENT-1]}; do
    case "$at $word" in
      ${alternatives(places)}) at="$at $word" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${values(places, (pattern, list) => `    ${pattern}) compadd -- ${list.map((word) => quote(word)).join(' ')}; return ;;`)}
  esac
  case "$at" in
${places.map((place) => `    ${quote(place.path)}) commands=(${entries(place.commands)}) flags=(${flags(place.options)}) ;;`).join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then _describe option flags
  elif (( \${#commands} )); then _describe command commands
  else _files
  fi
}
if [[ \${funcstack[1]} == _zkonnx ]]; then _zkonnx "$@"; else compdef _zkonnx zkonnx; fi
`
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, options }) => {
    const head = `complete -c zkonnx -n "test (__zkonnx_at) = ${quote(path)}"`
    return [
      ...commands.map(({ name, says }) => `${head} -f -a ${name} -d ${quote(says)}`),
      ...options.map((flag) => `${head}${fishFlag(flag)} -d ${quote(flag.says)}`),
    ]
  })
  return `# zkonnx for fish. For this shell: zkonnx completion fish | source
# For good: zkonnx completion fish > ~/.config/fish/completions/zkonnx.fish
function __zkonnx_at
  set -l at zkonnx
  for word in (commandline -opc)[2..-1]
    contains -- "$at $word" ${places
      .slice(1)
      .map(({ path }) => quote(path))
      .join(' ')}
    and set at "$at $word"
  end
  echo $at
end
${lines.join('\n')}
`
}

function fishFlag({ names, takes }: Flag): string {
  const spelled = names.map((name) =>
    name.startsWith('--') ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`,
  )
  if (takes === 'nothing') return spelled.join('')
  return `${spelled.join('')} -r${takes === 'a file' ? ' -F' : ` -f -a ${quote(takes.join(' '))}`}`
}

function alternatives(places: readonly Place[]): string {
  return places
    .slice(1)
    .map(({ path }) => quote(path))
    .join(' | ')
}

/** A line of a case for each option that is followed by a word of a list. */
function values(
  places: readonly Place[],
  line: (pattern: string, words: readonly string[]) => string,
): string {
  return places
    .flatMap(({ path, options }) =>
      options.flatMap(({ names, takes }) =>
        typeof takes === 'string'
          ? []
          : [line(names.map((name) => quote(`${path} ${name}`)).join(' | '), takes)],
      ),
    )
    .join('\n')
}

function bashCase({ path, commands, options }: Place): string {
  const names = commands.map(({ name }) => name).join(' ')
  const flags = options.flatMap((flag) => flag.names).join(' ')
  return `    ${quote(path)}) commands=${quote(names)} options=${quote(flags)} ;;`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
