/**
 * Finds functions longer than a number of lines by their braces: good enough for formatted code,
 * where a function's closing brace stands at the indentation of the line that opened it.
 */
const OPENS_FUNCTION =
  /^(\s*)(?:export\s+)?(?:default\s+)?(?:(?:private|public|protected|static|override|async|get|set)\s+)*(?:function\b.*|(?!if\b|for\b|while\b|switch\b|catch\b|with\b|return\b)[\w#]+\s*(?:<[^>]*>)?\(.*\).*|const\s+\w+.*=>\s*)\{\s*$/;

/** @returns `line name` of each function that is too long; lines count from 1. */
export function longFunctions(source: string, linesMax: number): string[] {
  const lines = source.split("\n");
  return lines.flatMap((line, at) => {
    const opening = OPENS_FUNCTION.exec(line) ?? multiLineOpening(lines, at);
    if (!opening) return [];
    const indent = opening[1] ?? "";
    const end = lines.findIndex((other, index) => index > at && other.startsWith(`${indent}}`));
    return end - at > linesMax ? [`${at + 1} ${nameOf(lines, at)} (${end - at} lines)`] : [];
  });
}

/** `): Type {` closing a parameter list that was broken over lines. */
function multiLineOpening(lines: readonly string[], at: number): RegExpExecArray | null {
  return /^(\s*)\)(?::\s*[^{}]+)?\s*(?:=>\s*)?\{\s*$/.exec(lines[at] ?? "");
}

function nameOf(lines: readonly string[], at: number): string {
  const line = (lines[at] ?? "").trim();
  return line.slice(0, 60);
}
