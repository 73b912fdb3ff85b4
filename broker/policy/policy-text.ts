/**
 * Policy text before Cedar sees it: cut into single policies, each with its place, and bounded.
 *
 * The bounds are not a matter of taste. Cedar's parser and evaluator recurse on a stack of fixed
 * size inside its module; text that overflows it (150 nested brackets, a chain of 350 operators)
 * ends that module for the whole process, and with it every later decision.
 */

/** All files of a set together; the largest rule books seen are a tenth of this. */
export const SET_LENGTH_MAX = 262_144;
export const POLICIES_MAX = 500;
/** Cedar fails between 120 and 160. */
const NESTING_MAX = 32;
/** Operators, dots, commas and keywords in one policy; Cedar fails between 300 and 400. */
const OPERATORS_MAX = 200;
/** A policy longer than this is several. */
const POLICY_LENGTH_MAX = 16_384;

export interface PolicyPart {
  /** Place of its first character in the file. */
  readonly start: number;
  readonly text: string;
}

export interface TextFault {
  readonly at: number;
  readonly message: string;
}

export interface ScannedText {
  readonly parts: readonly PolicyPart[];
  readonly faults: readonly TextFault[];
}

/** Strings, comments and spaces are skipped as one; every other token is looked at. */
const TOKEN =
  /\s+|\/\/[^\n]*|"(?:[^"\\\n]|\\[^\n])*"|[A-Za-z_][A-Za-z0-9_]*|\d+|&&|\|\||[=!<>]=|[\s\S]/g;
/** Words that make an expression deeper. */
const DEEPENING = /^(?:if|then|else|in|has|like|is|when|unless)$/;

export function scanPolicies(text: string): ScannedText {
  const parts: PolicyPart[] = [];
  const faults: TextFault[] = [];
  let open: OpenPolicy | undefined;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (/^(?:\s|\/\/)/.test(token)) continue;
    open ??= new OpenPolicy(index);
    open.take(token);
    if (token !== ";") continue;
    finish(open, index + 1);
    open = undefined;
  }
  if (open) finish(open, text.length);
  return { parts, faults };

  function finish(policy: OpenPolicy, end: number): void {
    const { start } = policy;
    const message = policy.fault(end - start);
    if (message) faults.push({ at: start, message });
    parts.push({ start, text: text.slice(start, end).trimEnd() });
  }
}

class OpenPolicy {
  readonly start: number;
  private depth = 0;
  private deepest = 0;
  private operators = 0;

  constructor(start: number) {
    this.start = start;
  }

  take(token: string): void {
    if (/^[([{]$/.test(token)) this.deepest = Math.max(this.deepest, ++this.depth);
    else if (/^[)\]}]$/.test(token)) this.depth -= 1;
    else if (/^[^\w"]/.test(token) || DEEPENING.test(token)) this.operators += 1;
  }

  fault(length: number): string | undefined {
    if (length > POLICY_LENGTH_MAX) {
      return `this policy is longer than ${POLICY_LENGTH_MAX} characters; split it`;
    }
    if (this.deepest > NESTING_MAX) {
      return `this policy has more than ${NESTING_MAX} brackets within each other; split it`;
    }
    if (this.operators <= OPERATORS_MAX) return undefined;
    return `this policy has ${this.operators} operators, ${OPERATORS_MAX} at most; split it`;
  }
}

export interface Place {
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

export function placeOf(text: string, at: number): Place {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: at - lineStart + 1 };
}

/** Cedar counts bytes of UTF-8; text here is counted in characters as JavaScript has them. */
export function indexOfByte(text: string, byte: number): number {
  let bytes = 0;
  let index = 0;
  for (const character of text) {
    if (bytes >= byte) break;
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    index += character.length;
  }
  return index;
}
