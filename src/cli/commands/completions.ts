/**
 * `holdfast completions`: what a shell offers when the tab key is pressed, made
 * from the table of commands.
 *
 * @module
 */
import { type Command, command, machineOf, wordOption } from "../command.ts";
import { UsageError } from "../failures.ts";
import { PROGRAMS } from "../help.ts";
import type { Machine } from "../machine.ts";
import { allOptionsOf } from "../options.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** Prints a script for a shell that completes the commands of `table`. */
export function completionsOf(table: () => readonly Command[]): Command {
  return command({
    name: "completions",
    summary: "Print what lets a shell complete commands and options",
    usage: SHELLS.join("|"),
    takes: [1, 1],
    isLocal: true,
    details: [
      'bash: eval "$(holdfast completions bash)" in ~/.bashrc',
      "zsh:  holdfast completions zsh > a folder of $fpath, as _holdfast",
      "fish: holdfast completions fish > ~/.config/fish/completions/holdfast.fish",
    ],
    options: {},
    async run(call) {
      const { args, terminal, flags } = call;
      if (flags.length > 0) {
        throw new UsageError(
          `Cannot complete with ${flags[0]}: name a shell alone`,
        );
      }
      const shell = wordOption("SHELL", args[0], SHELLS)!;
      const machine = await machineOf(call);
      const words = wordsOf(table(), machine);
      await terminal.write(SCRIPTS[shell](words));
    },
  });
}

/** What may stand after some words. */
type Words = ReadonlyMap<string, readonly string[]>;

/** What may follow each beginning of a call. */
function wordsOf(
  commands: readonly Command[],
  { flags, paperFlags }: Pick<Machine, "flags" | "paperFlags">,
): Words {
  const words = new Map<string, Set<string>>();
  function add(start: readonly string[], ...next: string[]): void {
    const key = start.join(" ");
    words.set(key, new Set([...words.get(key) ?? [], ...next]));
  }
  add([], ...PROGRAMS.map(({ name }) => name), "help", "--help", "--version");
  add(["serve"], ...flags, "--help");
  add(["paper-run"], ...paperFlags);
  for (const one of commands) {
    const steps = one.name.split(" ");
    steps.forEach((step, i) => add(steps.slice(0, i), step));
    const options = Object.keys(allOptionsOf(one)).map((name) => `--${name}`);
    add(steps, ...options, ...one.isLocal ? flags : []);
    if (one.name === "completions") add(steps, ...SHELLS);
  }
  return new Map([...words].map(([start, next]) => [start, [...next]]));
}

/** The lines of a shell's `case` that say what may follow. */
function cases(words: Words): string {
  return [...words].map(([start, next]) =>
    `    "${start}") printf '%s\\n' ${next.join(" ")} ;;`
  ).join("\n");
}

/** A function that says what may follow the words given to it. */
const follows = (words: Words) =>
  `_holdfast_follows() {
  case "$1" in
${cases(words)}
  esac
}
`;

/** The longest beginning of a call that says something decides. */
const KNOWN = `_holdfast_known() {
  local known="" word
  for word in "$@"; do
    case "$word" in -*) continue ;; esac
    [ -n "$(_holdfast_follows "\${known:+$known }$word")" ] || break
    known="\${known:+$known }$word"
  done
  _holdfast_follows "$known"
}
`;

const SCRIPTS: Readonly<
  Record<typeof SHELLS[number], (words: Words) => string>
> = {
  bash: (words) =>
    `${follows(words)}${KNOWN}_holdfast() {
  local current="\${COMP_WORDS[COMP_CWORD]}"
  local words="$(_holdfast_known "\${COMP_WORDS[@]:1:COMP_CWORD-1}")"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _holdfast holdfast
`,
  zsh: (words) =>
    `#compdef holdfast
${follows(words)}${KNOWN}_holdfast() {
  local -a found
  found=(\${(f)"$(_holdfast_known "\${(@)words[2,CURRENT-1]}")"})
  compadd -- $found || _files
}
if [ "$funcstack[1]" = "_holdfast" ]; then
  _holdfast "$@"
else
  compdef _holdfast holdfast
fi
`,
  fish: (words) =>
    `function __holdfast_follows
  switch "$argv[1]"
${
      [...words].map(([start, next]) =>
        `    case "${start}"\n      printf '%s\\n' ${next.join(" ")}`
      ).join("\n")
    }
  end
end
function __holdfast_known
  set -l known ""
  for word in (commandline -opc)[2..]
    string match -q -- '-*' $word; and continue
    set -l next (string trim "$known $word")
    test -n "$(__holdfast_follows $next)"; or break
    set known $next
  end
  __holdfast_follows "$known"
end
complete -c holdfast -f -a '(__holdfast_known)'
`,
};
