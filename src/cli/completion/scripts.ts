/**
 * The shells' parts of completion. Each asks `rebase-image __complete WORD...`, whose last word is
 * the one under the cursor.
 */
import { FILES } from './complete.ts';
import type { Shell } from './shells.ts';

/** The word by which the scripts ask. */
export const COMPLETE = '__complete';

/**
 * bash breaks words at the characters of COMP_WORDBREAKS, ':' and '=' among them, so that it would
 * complete only `3` of `alpine:3`: the words are taken from the line itself, and what stands before
 * the last break is cut from the answers.
 */
const BASH = `# bash completion for rebase-image
_rebase_image() {
  local line=\${COMP_LINE:0:COMP_POINT} words current broken index
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current=\${words[\${#words[@]} - 1]}
  mapfile -t COMPREPLY < <(rebase-image ${COMPLETE} "\${words[@]:1}" 2>/dev/null)
  if [[ \${COMPREPLY[0]-} == ${FILES} ]]; then
    COMPREPLY=()
    compopt -o default
    return
  fi
  broken=
  for index in : =; do
    if [[ $COMP_WORDBREAKS == *"$index"* && $current == *"$index"* ]]; then
      local head=\${current%"\${current##*"$index"}"}
      ((\${#head} > \${#broken})) && broken=$head
    fi
  done
  for index in "\${!COMPREPLY[@]}"; do
    COMPREPLY[index]=\${COMPREPLY[index]#"$broken"}
  done
}
complete -F _rebase_image rebase-image
`;

const ZSH = `#compdef rebase-image
_rebase_image() {
  local -a replies
  replies=("\${(@f)$(rebase-image ${COMPLETE} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ $replies[1] == ${FILES} ]]; then
    _files
  else
    compadd -- $replies
  fi
}
if [[ $funcstack[1] == _rebase_image ]]; then
  _rebase_image "$@"
else
  compdef _rebase_image rebase-image
fi
`;

const FISH = `# fish completion for rebase-image
function __rebase_image_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l replies (rebase-image ${COMPLETE} $words[2..-1] "$current" 2>/dev/null)
    if test "$replies[1]" = ${FILES}
        __fish_complete_path "$current"
    else
        printf '%s\\n' $replies
    end
end
complete -c rebase-image -f -a '(__rebase_image_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/** The script that switches completion on in this shell. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
