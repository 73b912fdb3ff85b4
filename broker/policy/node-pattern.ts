/**
 * Nodes that a rule names: exactly, or with `*` for any letters of the identifier. The namespace is
 * always exact.
 *
 *     i=2258                            exactly that
 *     nsu=http://plant/x;s=P101.*       everything of P101, in this namespace alone
 *
 * Matched by finding the pieces between the stars in order, which costs the length of the
 * identifier, whatever a client chose it to be.
 */
export type NodePattern = (node: string) => boolean;

export function nodePatterns(written: readonly string[]): NodePattern {
  const exact = new Set(written.filter((each) => !identifierOf(each).includes("*")));
  const globs = written.filter((each) => !exact.has(each)).map(glob);
  return (node) => exact.has(node) || globs.some((matches) => matches(node));
}

function glob(written: string): NodePattern {
  const prefix = written.slice(0, written.length - identifierOf(written).length);
  const [first = "", ...rest] = identifierOf(written).split("*");
  const last = rest.pop() ?? "";
  return (node) => {
    if (!node.startsWith(prefix)) return false;
    const id = node.slice(prefix.length);
    // Without a namespace of its own the pattern is about OPC UA's: another one's is no part of it.
    if (prefix === "" && node.startsWith("nsu=")) return false;
    if (!id.startsWith(first) || !id.endsWith(last)) return false;
    let at = first.length;
    for (const piece of rest) {
      const found = id.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return at <= id.length - last.length;
  };
}

function identifierOf(node: string): string {
  return node.startsWith("nsu=") ? node.slice(node.indexOf(";") + 1) : node;
}
