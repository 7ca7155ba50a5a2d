import type { CompletedCommand, CompletionTable, Suggestions } from './table.ts';

/** Looked up by the script when somebody asks; the names have an @ so that they are no words. */
const LOOK_UPS = `\
    case $suggestion in
      @files) compopt -o filenames; mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current") ;;
      @signals) mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -A signal -- "$current") ;;
      @*) mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(
        compgen -W "$("\${COMP_WORDS[0]}" completion "\${suggestion#@}" 2>/dev/null)" -- "$current") ;;
      *) mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$suggestion" -- "$current") ;;
    esac`;

/** What bash sources from /usr/share/bash-completion/completions. It needs nothing of the package bash-completion. */
export function bashCompletion({ options, commands, groups }: CompletionTable): string {
  const names = [
    ...commands.map(({ name }) => name).filter((name) => !name.includes(' ')),
    ...groups.map(({ name }) => name),
  ];
  const verbs = groups.flatMap(({ name, verbs }) =>
    verbs.map(([verb, command]) => [`${name} ${verb}`, command] as const),
  );
  const all = [{ name: '', options }, ...commands];
  const values = all.flatMap(({ name, options }) =>
    options.flatMap(({ names, value }) =>
      value === undefined ? [] : [[names.map((each) => `${name} ${each}`), asWords(value.suggestions)] as const],
    ),
  );
  return `\
# Completion of berth's command lines for bash; 'berth completion bash' prints it.

# Sets 'found' to the command that a group's verb stands for.
_berth_verb() {
  case $1 in
${cases(verbs.map(([words, command]) => [[words], `found=${quoted(command)}`]))}
    *) return 1 ;;
  esac
}

# Sets 'found' to the options of a command.
_berth_options() {
  case $1 in
${cases(all.map(({ name, options }) => [[name], `found=${quoted(options.flatMap((each) => each.names).join(' '))}`]))}
    *) found= ;;
  esac
}

# Sets 'found' to what the value of an option can be; fails where it takes none.
_berth_value() {
  case "$1 $2" in
${cases(values.map(([patterns, words]) => [patterns, `found=${quoted(words)}`]))}
    *) return 1 ;;
  esac
}

# Sets 'found' to what the operands of a command can be.
_berth_operands() {
  case $1 in
    '') found=${quoted(names.join(' '))} ;;
${cases(groups.map(({ name, verbs }) => [[name], `found=${quoted(verbs.map(([verb]) => verb).join(' '))}`]))}
${cases(commands.map((command) => [[command.name], operandsOf(command)]))}
    *) found= ;;
  esac
}

_berth() {
  local word found='' command='' group='' option='' operands=0 is_glued='' suggestion current
  local -a words=()
  # Bash has taken the line apart at ':' and '=' too.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ $word =~ ^[:=]+$ && \${#words[@]} -gt 0 ]]; then
      if [[ $word == = && \${words[-1]} == --* ]]; then words+=(''); else words[-1]+=$word; fi
      is_glued=1
    elif [[ -n $is_glued ]]; then
      words[-1]+=$word
      is_glued=''
    else
      words+=("$word")
    fi
  done
  current=\${words[-1]}
  for word in "\${words[@]:0:\${#words[@]}-1}"; do
    if [[ -n $option ]]; then option=''
    elif [[ $word == -* ]]; then _berth_value "$command" "$word" && option=$word
    elif [[ -n $group ]]; then _berth_verb "$group $word" || return 0; command=$found; group=''
    elif [[ -z $command ]]; then
      case $word in
        ${groups.map(({ name }) => name).join('|')}) group=$word ;;
        *) command=$word ;;
      esac
    else operands=$((operands + 1))
    fi
  done
  COMPREPLY=()
  if [[ -n $option ]]; then _berth_value "$command" "$option"
  elif [[ $current == -* ]]; then _berth_options "$command"
  else _berth_operands "\${command:-$group}"
  fi
  for suggestion in $found; do
${LOOK_UPS}
  done
  # What bash has taken off the word stays where it is.
  if [[ $current == *[:=]* ]]; then
    local before=\${current%"\${current##*[:=]}"}
    COMPREPLY=("\${COMPREPLY[@]#"$before"}")
  fi
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[:=] ]]; then compopt -o nospace; fi
}

complete -F _berth berth
`;
}

/** What stands after the operand of `run` is files of the container, which nobody here knows. */
const operandsOf = ({ operands, isFollowedByCommand }: CompletedCommand): string =>
  isFollowedByCommand
    ? `if [[ $operands -eq 0 ]]; then found=${quoted(asWords(operands))}; else found=; fi`
    : `found=${quoted(asWords(operands))}`;

const asWords = ({ words, lookUps }: Suggestions): string => [...words, ...lookUps.map((each) => `@${each}`)].join(' ');

const cases = (branches: readonly (readonly [patterns: readonly string[], action: string])[]): string =>
  branches.map(([patterns, action]) => `    ${patterns.map(quoted).join('|')}) ${action} ;;`).join('\n');

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
