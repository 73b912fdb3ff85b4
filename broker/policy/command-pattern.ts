/**
 * Commands that a rule names: the exact text, or words of which `*` stands for one argument. Such
 * an argument has nothing in it that a shell reads as more than a word.
 *
 *     show version            exactly that
 *     show interface *        one word more, not `show interface 1; reload`
 */
export type CommandPattern = (command: string) => boolean;

/** What a shell, or a switch's command line, reads as itself. */
const PLAIN_WORD = /^[\w@%+=:,./-]+$/;

export function commandPattern(pattern: string): CommandPattern {
  const wanted = pattern.split(" ");
  if (!wanted.includes("*")) return (command) => command === pattern;
  return (command) => {
    const words = command.split(" ");
    return (
      words.length === wanted.length &&
      wanted.every((word, n) =>
        word === "*" ? PLAIN_WORD.test(words[n] ?? "") : word === words[n],
      )
    );
  };
}
