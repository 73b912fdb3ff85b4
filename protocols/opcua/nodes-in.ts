/** Several nodes in one field of an operation, as the tape keeps them: no node of a rule has a line break. */
const SEPARATOR = "\n";

export function nodesIn(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split(SEPARATOR);
}

export function joinedNodes(nodes: readonly string[]): string {
  return nodes.join(SEPARATOR);
}
