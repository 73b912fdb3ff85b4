/**
 * Globs of paths: `*` any letters within a name, `?` one of them, `**` any names.
 *
 *     /var/log/*.log      one folder
 *     /srv/recipes/**     everything below, and the folder itself
 *
 * Matched letter by letter in all ways at once: a path that a client chose costs at most its
 * length times the glob's, which a regular expression does not promise.
 */
export interface PathGlob {
  test(path: string): boolean;
}

type Token =
  | { readonly kind: "letter"; readonly letter: string }
  | { readonly kind: "one" }
  /** Any number of letters, without slashes or with. */
  | { readonly kind: "some" }
  | { readonly kind: "any" };

export function pathGlob(glob: string): PathGlob {
  const below = glob.endsWith("/**") ? glob.slice(0, -3) : undefined;
  if (below === undefined) return { test: matcher(tokensOf(glob)) };
  const [itself, inside] = [matcher(tokensOf(below)), matcher(tokensOf(glob))];
  return { test: (path) => itself(path) || inside(path) };
}

function tokensOf(glob: string): readonly Token[] {
  return glob.split(/(\*\*|\*|\?)/).flatMap((part): readonly Token[] => {
    if (part === "**") return [{ kind: "any" }];
    if (part === "*") return [{ kind: "some" }];
    if (part === "?") return [{ kind: "one" }];
    return [...part].map((letter) => ({ kind: "letter", letter }));
  });
}

function matcher(tokens: readonly Token[]): (path: string) => boolean {
  const first = tokens.findIndex(({ kind }) => kind !== "letter");
  const plain = first < 0 ? tokens : tokens.slice(0, first);
  const begin = plain.map((token) => (token.kind === "letter" ? token.letter : "")).join("");
  if (first < 0) return (path) => path === begin;
  const rest = tokens.slice(first);
  return (path) => path.startsWith(begin) && matches(rest, path.slice(begin.length));
}

/** `at[n]`: what was read so far may end before token n. */
function matches(tokens: readonly Token[], text: string): boolean {
  let at = reach(tokens, [0]);
  for (const letter of text) {
    const next: number[] = [];
    for (const n of at) {
      const token = tokens[n];
      if (token === undefined || !takes(token, letter)) continue;
      next.push(token.kind === "letter" || token.kind === "one" ? n + 1 : n);
    }
    if (next.length === 0) return false;
    at = reach(tokens, next);
  }
  return at.includes(tokens.length);
}

/** With what may be skipped; each once, in order. */
function reach(tokens: readonly Token[], from: readonly number[]): readonly number[] {
  const all = new Set<number>();
  for (const n of from) {
    let last = n;
    all.add(last);
    for (let kind = tokens[last]?.kind; kind === "some" || kind === "any"; ) {
      last += 1;
      if (all.has(last)) break;
      all.add(last);
      kind = tokens[last]?.kind;
    }
  }
  return [...all];
}

function takes(token: Token, letter: string): boolean {
  if (token.kind === "letter") return token.letter === letter;
  return token.kind === "any" || letter !== "/";
}
