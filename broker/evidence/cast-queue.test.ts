import fc from "fast-check";
import { expect, test } from "vitest";
import { TypedLines } from "../../protocols/ssh/typed-lines.ts";
import { type CastEvent, CastQueue, MASK } from "./cast-queue.ts";

/** A terminal as the history tells of it: keys (i), and what it shows (o), a millisecond apart. */
function cast(...said: readonly (readonly ["i" | "o", string])[]): string[] {
  const [queue, lines] = [new CastQueue(), new TypedLines()];
  const out: CastEvent[] = [];
  for (const [atMs, [kind, text]] of said.entries()) {
    out.push(...(kind === "i" ? queue.typed(atMs, text) : queue.add({ atMs, kind, text })));
    const told = kind === "i" ? lines.typed(text) : lines.shown(text);
    for (const line of told) out.push(...queue.told(line.number, line.text, line.echo));
  }
  out.push(...queue.end());
  return out.map(({ atMs, kind, text }) => `${atMs} ${kind} ${JSON.stringify(text)}`);
}

test("keys that were shown stand where they were pressed, before their echo", () => {
  expect(
    cast(["i", "s"], ["o", "s"], ["i", "h"], ["o", "h"], ["i", "\r"], ["o", "\r\nok"]),
  ).toEqual(['0 i "s"', '1 o "s"', '2 i "h"', '3 o "h"', '4 i "\\r"', '5 o "\\r\\nok"']);
});

test("what was not shown is a mask, whose length tells nothing", () => {
  const told = cast(["o", "Password: "], ["i", "hunter2"], ["i", "\r"], ["o", "\r\nwelcome"]);
  expect(told).toEqual(['0 o "Password: "', `2 i "${MASK}\\r"`, '3 o "\\r\\nwelcome"']);
});

test("a secret that was taken back, pasted or never sent is not there either", () => {
  expect(cast(["i", "hunter2\x15"], ["i", "\r"], ["o", "\r\n"]).join()).not.toContain("hunter2");
  expect(cast(["i", "\x1b[200~hunter2\x1b[201~"], ["o", "\r\n"]).join()).not.toContain("hunter2");
  expect(cast(["i", "hunter2"]).join()).not.toContain("hunter2");
});

test("a corrected line is told as it was in the end, and keys that are no signs as they are", () => {
  expect(
    cast(["i", "lx"], ["o", "lx"], ["i", "\x7fs"], ["o", "\b \bs"], ["i", "\r"], ["o", "\r\n"]),
  ).toContain('4 i "ls\\r"');
  expect(cast(["i", "\x1b[A"], ["o", "ls"], ["i", "\r"], ["o", "\r\n"])).toEqual([
    ...['0 i "\\u001b[A"', '1 o "ls"', '2 i "\\r"', '3 o "\\r\\n"'],
  ]);
});

test("nothing that was not shown ever goes out, however it is cut", () => {
  const secret = fc.stringMatching(/^[A-Z]{6,12}$/);
  const piece = fc.oneof(
    fc.record({
      kind: fc.constant("i" as const),
      text: fc.string({ unit: fc.constantFrom("a", "b", "c", "\r", "\x7f", "\x15"), maxLength: 5 }),
    }),
    fc.record({ kind: fc.constant("o" as const), text: fc.stringMatching(/^[a-z\r\n]{0,5}$/) }),
  );
  fc.assert(
    fc.property(secret, fc.array(piece), fc.array(piece), (hidden, before, after) => {
      const said = [...before, { kind: "i" as const, text: `${hidden}\r` }, ...after];
      const told = cast(...said.map(({ kind, text }) => [kind, text] as const));
      expect(told.filter((line) => line.includes(hidden))).toEqual([]);
      const shown = said.filter(({ kind }) => kind === "o").map(({ text }) => text);
      const outs = told.flatMap((line) => {
        const [, kind, ...rest] = line.split(" ");
        return kind === "o" ? [JSON.parse(rest.join(" "))] : [];
      });
      expect(outs.join("")).toBe(shown.join(""));
    }),
  );
});

test("an hour of waiting is no memory without an end", () => {
  const queue = new CastQueue();
  queue.typed(0, "never told");
  let gone = 0;
  for (let n = 0; n < 30_000; n += 1) gone += queue.add({ atMs: n, kind: "o", text: "." }).length;
  expect(gone).toBeGreaterThan(20_000);
});
