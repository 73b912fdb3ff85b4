/**
 * Globs of paths: `*` any letters within a name, `?` one of them, `**` any names.
 *
 *     /var/log/*.log      one folder
 *     /srv/recipes/**     everything below, and the folder itself
 */
export function pathGlob(glob: string): RegExp {
  const below = glob.endsWith("/**") ? glob.slice(0, -3) : undefined;
  if (below !== undefined) return new RegExp(`^${bodyOf(below)}(?:/.*)?$`, "su");
  return new RegExp(`^${bodyOf(glob)}$`, "su");
}

function bodyOf(glob: string): string {
  return glob
    .split(/(\*\*|\*|\?)/)
    .map((part) => MEANING.get(part) ?? part.replace(/[\\^$.|+()[\]{}/-]/g, "\\$&"))
    .join("");
}

const MEANING: ReadonlyMap<string, string> = new Map([
  ["**", ".*"],
  ["*", "[^/]*"],
  ["?", "[^/]"],
]);
