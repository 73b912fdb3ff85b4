/** What a hostile panel writes so that whatever looks for something in it comes to no end. */
import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { endOfHead, fieldOf, readResponseHead } from "../../../protocols/http/head.ts";
import { hiddenFields } from "./hidden-fields.ts";
import { withScript } from "./own-script.ts";
import { answerHead } from "./panel-heads.ts";
import type { WebSite } from "./web-site.ts";

const MANY = 1_000_000;
const SPACES = " ".repeat(MANY);

function passedOn(value: string): string | undefined {
  const answer = { statusCode: 200, headers: {}, rawHeaders: ["X-Long", value] };
  const bytes = answerHead(1, "HEAD", answer as unknown as IncomingMessage, {} as WebSite);
  const head = readResponseHead(bytes.subarray(0, endOfHead(bytes)));
  return head.kind === "read" ? fieldOf(head.value.fields, "x-long") : undefined;
}

test("a field of nearly nothing but spaces is unfolded at once", () => {
  expect(passedOn("a\r\n b\n\tc")).toBe("a b c");
  expect(passedOn(`a${" ".repeat(1_000)}b`)).toBe(`a${" ".repeat(1_000)}b`);
  expect(passedOn(`a${SPACES}b`)?.length).toBe(MANY + 2);
});

test("a sign-in page of nothing but beginnings of tags is gone through once", () => {
  const page = `${"<input".repeat(MANY)}><meta name="token" content="a&amp;b"><input name=id value=7>`;
  expect([...hiddenFields(page, ["token", "id"])]).toEqual([
    ["token", "a&b"],
    ["id", "7"],
  ]);
  const letters = "a".repeat(1_000);
  const tag = `<input ${letters} data-name="x" ${letters} name='token' value=v ${letters.slice(200)}>`;
  expect(hiddenFields(tag, ["token"]).size).toBe(0);
  expect(hiddenFields(tag.replace(letters, ""), ["token"]).get("token")).toBe("v");
});

test("the script goes into a page of nothing but beginnings of tags, too", () => {
  const shown = (page: string) => Buffer.from(withScript(Buffer.from(page))).toString();
  expect(shown("<!doctype html><html><head a=b><p>")).toMatch(/<head a=b><script [^>]*><\/script>/);
  expect(shown("<html lang=en><header>")).toMatch(/^<html lang=en><script /);
  for (const begin of ["<head ", "<html ", "<!doctype "]) {
    expect(shown(begin.repeat(MANY)).startsWith("<script ")).toBe(true);
  }
});
