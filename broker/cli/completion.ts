/**
 * `sallyport completion SHELL`: what a shell needs to complete commands and their options. It is
 * made from the commands themselves, so that it knows what this version knows.
 */
import { Argument, type Command } from "commander";

const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;
type Shell = (typeof SHELLS)[number];

export function addCompletionCommand(program: Command): void {
  program
    .command("completion")
    .description("print what makes a shell complete these commands")
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .addHelpText(
      "after",
      `
Examples:
  sallyport completion bash >> ~/.bashrc
  sallyport completion zsh > "\${fpath[1]}/_sallyport"
  sallyport completion fish > ~/.config/fish/completions/sallyport.fish
  sallyport completion powershell | Out-String | Invoke-Expression    (a line for $PROFILE)
`,
    )
    .action((shell: Shell) => void process.stdout.write(completionFor(program, shell)));
}

export function completionFor(program: Command, shell: Shell): string {
  return FORMS[shell](wordsOf(program));
}

/** What can follow: by the commands typed so far, with `sallyport` alone as the empty text. */
type Words = ReadonlyMap<string, readonly string[]>;

function wordsOf(program: Command): Words {
  const words = new Map<string, readonly string[]>();
  const add = (command: Command, path: string) => {
    const names = command.commands.map((each) => each.name());
    const options = command.options.flatMap((each) => (each.long ? [each.long] : []));
    words.set(path, [...names, ...options, "--help"]);
    for (const each of command.commands) add(each, `${path} ${each.name()}`.trim());
  };
  add(program, "");
  return words;
}

const FORMS: Readonly<Record<Shell, (words: Words) => string>> = {
  bash: (words) => `# sallyport completion bash
_sallyport() {
  local path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  local all=""
  while :; do
    case "$path" in
${cases(words, (all) => `all="${all.join(" ")}"; break`)}
    esac
    case "$path" in *" "*) path="\${path% *}" ;; *) path="" ;; esac
  done
  COMPREPLY=($(compgen -W "$all" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _sallyport sallyport
`,
  zsh: (words) => `#compdef sallyport
_sallyport() {
  local path="" word
  for word in \${words[2,CURRENT-1]}; do
    [[ "$word" == -* ]] || path="\${path:+$path }$word"
  done
  local -a all
  while :; do
    case "$path" in
${cases(words, (all) => `all=(${all.join(" ")}); break`)}
    esac
    if [[ "$path" == *" "* ]]; then path="\${path% *}"; else path=""; fi
  done
  compadd -- $all
}
if [[ "$funcstack[1]" == _sallyport ]]; then _sallyport "$@"; else compdef _sallyport sallyport; fi
`,
  fish: (words) =>
    [...words]
      .flatMap(([path, all]) => {
        const seen = path === "" ? "__fish_use_subcommand" : seenInFish(path);
        return all.map((word) => `complete -c sallyport -n '${seen}' ${fishWord(word)}\n`);
      })
      .join(""),
  powershell: (words) => `# sallyport completion powershell
Register-ArgumentCompleter -Native -CommandName sallyport -ScriptBlock {
  param($typed, $line, $at)
  $all = @{
${[...words].map(([path, all]) => `    '${path}' = '${all.join(" ")}'`).join("\n")}
  }
  $path = @($line.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" } |
    Where-Object { $_ -notlike '-*' -and $_ -ne $typed })
  while ($path.Count -gt 0 -and -not $all.ContainsKey($path -join ' ')) {
    $path = @($path | Select-Object -SkipLast 1)
  }
  $all[$path -join ' '] -split ' ' | Where-Object { $_ -like "$typed*" } |
    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
`,
};

/** Arms of a \`case\`, which end in the empty path: that one is always there. */
function cases(words: Words, act: (all: readonly string[]) => string): string {
  return [...words].map(([path, all]) => `      "${path}") ${act(all)} ;;`).join("\n");
}

function seenInFish(path: string): string {
  return path
    .split(" ")
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join("; and ");
}

function fishWord(word: string): string {
  return word.startsWith("--") ? `-l ${word.slice(2)}` : `-f -a ${word}`;
}
