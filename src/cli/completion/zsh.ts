import type { CompletedCommand, CompletedOption, CompletionTable, LookUp, Suggestions } from './table.ts';

const ACTIONS: { readonly [L in LookUp]: string } = {
  containers: '_berth_names containers',
  images: '_berth_names images',
  files: '_files',
  signals: '_signals',
};

/** What zsh loads as `_berth` from a folder of its `fpath`. */
export function zshCompletion({ options, commands, groups }: CompletionTable): string {
  const first = [...commands.filter(({ name }) => !name.includes(' ')), ...groups];
  return `\
#compdef berth
# Completion of berth's command lines for zsh; 'berth completion zsh' prints it.

# Names of containers or images, as berthd knows them; several kinds one after the other.
_berth_names() {
  local kind
  local -a names
  for kind in "$@"; do
    names+=(\${(f)"$(_call_program berth-$kind berth completion $kind 2>/dev/null)"})
  done
  compadd -a names
}

${commands.map(functionFor).join('\n\n')}

${groups.map(({ name, summary, verbs }) => groupFunction(name, summary, verbs, commands)).join('\n\n')}

_berth() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C \\
${options.flatMap(specsFor).map(indented).join('')}\
    '1: :->command' \\
    '*:: :->arguments'
  case $state in
    command)
      local -a commands=(
${first.map(({ name, summary }) => `        ${described(name, summary)}`).join('\n')}
      )
      _describe -t commands 'berth command' commands
      ;;
    arguments)
      if (( $+functions[_berth_$words[1]] )); then _berth_$words[1]; fi
      ;;
  esac
}

if [[ $funcstack[1] == _berth ]]; then _berth "$@"; else compdef _berth berth; fi
`;
}

const functionName = (name: string): string => `_berth_${name.replaceAll(' ', '_')}`;

function functionFor({ name, options, operands, isFollowedByCommand }: CompletedCommand): string {
  const action = actionFor(operands);
  const rest = isFollowedByCommand ? [`'1:image:${action}'`, "'*:: :_normal'"] : [`'*:operand:${action}'`];
  const specs = [...options.flatMap(specsFor), ...rest];
  return `${functionName(name)}() {\n  _arguments -s${isFollowedByCommand ? " -A '-*'" : ''} \\\n${specs.map((spec, index) => `    ${spec}${index === specs.length - 1 ? '' : ' \\'}`).join('\n')}\n}`;
}

function groupFunction(
  name: string,
  summary: string,
  verbs: readonly (readonly [verb: string, name: string])[],
  commands: readonly CompletedCommand[],
): string {
  const rows = verbs.map(([verb, command]) =>
    described(verb, commands.find((each) => each.name === command)?.summary ?? summary),
  );
  return `\
_berth_${name}() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C '1: :->verb' '*:: :->arguments'
  case $state in
    verb)
      local -a verbs=(
${rows.map((row) => `        ${row}`).join('\n')}
      )
      _describe -t commands 'berth ${name} command' verbs
      ;;
    arguments)
      case $words[1] in
${verbs.map(([verb, command]) => `        ${verb}) ${functionName(command)} ;;`).join('\n')}
      esac
      ;;
  esac
}`;
}

const indented = (spec: string): string => `    ${spec} \\\n`;

const described = (name: string, summary: string): string => quoted(`${name}:${summary}`);

/** One for each of an option's names. */
function specsFor({ names, value, repeats, help }: CompletedOption): string[] {
  const excluded = repeats ? '*' : names.length > 1 ? `(${names.join(' ')})` : '';
  return names.map((name) => {
    const separator = value === undefined ? '' : name.startsWith('--') ? '=' : '+';
    const argument = value === undefined ? '' : `:${escaped(value.name)}:${actionFor(value.suggestions)}`;
    return quoted(`${excluded}${name}${separator}[${escaped(help)}]${argument}`);
  });
}

function actionFor({ words, lookUps }: Suggestions): string {
  if (words.length > 0) return `(${words.map((word) => word.replaceAll(':', String.raw`\:`)).join(' ')})`;
  const [first, ...others] = lookUps;
  if (first === undefined) return ' ';
  return [ACTIONS[first], ...others].join(' ');
}

const escaped = (text: string): string => text.replaceAll(/[:[\]\\]/gu, String.raw`\$&`);
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
