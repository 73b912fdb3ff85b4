import { StringStream } from "@codemirror/language";
import { expect, test } from "vitest";
import { kindOfNext } from "./cedar-language.ts";

/** Each token that is shown otherwise than plain text. */
function told(line: string): string[] {
  const stream = new StringStream(line, 2, 2);
  const found: string[] = [];
  while (!stream.eol()) {
    stream.start = stream.pos;
    const kind = kindOfNext(stream);
    if (kind !== null) found.push(`${kind} ${stream.current()}`);
  }
  return found;
}

test("words, texts, remarks and annotations of Cedar are told apart", () => {
  expect(told('@id("night") // who')).toEqual(["meta @id", 'string "night"', "comment // who"]);
  expect(told('permit (principal in Role::"engineer",')).toEqual([
    "keyword permit",
    "keyword principal",
    "keyword in",
    'string "engineer"',
  ]);
  expect(told("when { permitted.inside && x }")).toEqual(["keyword when"]);
});

test("a quote that is not closed, and one within a text, end where they end", () => {
  expect(told(String.raw`"a \" b" if`)).toEqual([String.raw`string "a \" b"`, "keyword if"]);
  expect(told('like "open // no remark')).toEqual(["keyword like", 'string "open // no remark']);
});
