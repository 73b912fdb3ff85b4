/**
 * The values of a JSON body (RFC 8259), each under the names that lead to it, as far as rules can
 * name them. Strict: readers that differ on a text carry out something else than was decided.
 *
 *     {"pump":{"speed":30,"on":true},"tags":["a","b"]}
 *     pump.speed=30  pump.on=true  tags[]=a  tags[]=b
 *
 * A text that looks like a number or a word of JSON keeps its quotes: `"30"`. So does a name that
 * is not made of letters, digits, `_` and `-`: `a."b.c"`. Numbers are written in one way.
 */
import { readUtf8 } from "../tape/utf8.ts";
import type { Pair } from "./operation.ts";
import { PAIRS_MAX } from "./target.ts";

export const JSON_TYPE = "application/json";

const DEPTH_MAX = 16;
/** Bytes: what a person submits on a panel; the body of a whole recipe is let through by its type. */
export const JSON_MAX = 262_144;
/** Digits that every reader keeps. */
const DIGITS_MAX = 15;

/** Undefined where it is none, or where two readers could differ on it. */
export function readJson(body: Uint8Array): readonly Pair[] | undefined {
  if (body.length > JSON_MAX) return undefined;
  const text = readUtf8(body, 0, body.length);
  if (text === undefined) return undefined;
  try {
    return new JsonReader(text).read();
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

class Unreadable extends Error {}

const PLAIN_NAME = /^[A-Za-z0-9_-]+$/;
const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/uy;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
/** What JSON could say without quotes, or nearly. */
const LOOKS_LIKE_ONE = /^[\s"]|^[-+]?[\d.]|^(?:true|false|null|nan|[-+]?infinity)$|\s$/i;

class JsonReader {
  private readonly text: string;
  private at = 0;
  private readonly pairs: Pair[] = [];

  constructor(text: string) {
    this.text = text;
  }

  read(): readonly Pair[] {
    this.space();
    this.value("", 0);
    this.space();
    if (this.at !== this.text.length) throw new Unreadable();
    return this.pairs;
  }

  private value(path: string, depth: number) {
    if (depth > DEPTH_MAX) throw new Unreadable();
    const next = this.text[this.at];
    if (next === "{") return this.object(path, depth);
    if (next === "[") return this.array(path, depth);
    if (next === '"') return this.put(path, shownText(this.string()));
    const word = this.match(WORD);
    this.put(path, word ?? numberText(this.match(NUMBER)));
  }

  private object(path: string, depth: number): void {
    const names = new Set<string>();
    this.list("{", "}", () => {
      const name = this.string();
      // The first counts for one reader, the last for another; and some do not tell A from a.
      const folded = name.toLowerCase();
      if (names.has(folded)) throw new Unreadable();
      names.add(folded);
      this.space();
      this.expect(":");
      this.space();
      const shown = PLAIN_NAME.test(name) ? name : JSON.stringify(name);
      this.value(path === "" ? shown : `${path}.${shown}`, depth + 1);
    });
    if (names.size === 0) this.put(path, "{}");
  }

  private array(path: string, depth: number): void {
    let count = 0;
    this.list("[", "]", () => {
      count += 1;
      this.value(`${path}[]`, depth + 1);
    });
    if (count === 0) this.put(path, "[]");
  }

  private list(open: string, close: string, element: () => void): void {
    this.expect(open);
    this.space();
    if (this.text[this.at] === close) {
      this.at += 1;
      return;
    }
    for (;;) {
      element();
      this.space();
      if (this.text[this.at] === close) break;
      this.expect(",");
      this.space();
    }
    this.at += 1;
  }

  private string(): string {
    const written = this.match(STRING);
    if (written === undefined) throw new Unreadable();
    const text: unknown = JSON.parse(written);
    // Half a pair is no letter, and a zero ends the text for some.
    if (typeof text !== "string" || /\p{Cs}|\0/u.test(text)) throw new Unreadable();
    return text;
  }

  private put(path: string, value: string): void {
    if (this.pairs.length >= PAIRS_MAX) throw new Unreadable();
    this.pairs.push([path, value]);
  }

  private expect(letter: string): void {
    if (this.text[this.at] !== letter) throw new Unreadable();
    this.at += 1;
  }

  private space(): void {
    this.match(SPACE);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }
}

/** A text is itself, unless it could be taken for something else. */
function shownText(text: string): string {
  return LOOKS_LIKE_ONE.test(text) || text === "{}" || text === "[]" ? JSON.stringify(text) : text;
}

/** `3e1` is `30`, so that a rule about numbers sees them however they are written. */
function numberText(written: string | undefined): string {
  if (written === undefined) throw new Unreadable();
  const [mantissa = ""] = written.split(/[eE]/);
  const digits = mantissa.replace(/^-?[0.]*|\./g, "").length;
  const number = Number(written);
  const text = String(number === 0 ? 0 : number);
  if (digits > DIGITS_MAX || !/^-?\d+(?:\.\d+)?$/.test(text)) throw new Unreadable();
  return text;
}
