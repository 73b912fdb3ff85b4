import headless from "@xterm/headless";
import { expect, test } from "vitest";
import { REPEATED, REPEATED_MAX } from "../../../protocols/ssh/terminal-limits.ts";
import { ignoreHostile } from "./hostile-sequences.ts";

function terminal() {
  const made = new headless.Terminal({ cols: 20, rows: 5, allowProposedApi: true });
  ignoreHostile(made.parser as never, false);
  return made;
}

async function shownAfter(content: string): Promise<string | undefined> {
  const screen = terminal();
  await new Promise<void>((done) => screen.write(content, done));
  return screen.buffer.active.getLine(0)?.translateToString(true);
}

test.each(REPEATED.map(({ final, intermediates = "" }) => `${intermediates}${final}`))(
  "two thousand million times %s is passed over at once",
  async (how) => {
    expect(await shownAfter(`a\x1b[2000000000${how}\rb`)).toBe("b");
  },
  60_000,
);

test("what fits a screen is carried out", async () => {
  expect(await shownAfter("a\x1b[4b")).toBe("aaaaa");
  expect(await shownAfter(`abc\r\x1b[${REPEATED_MAX}X`)).toBe("");
});
