/** A terminal's recording, played by the asciinema that Debian has: what it prints is what was shown. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { Asciicast } from "../../broker/evidence/asciicast.ts";
import type { TapeBody } from "../../protocols/tape/record.ts";
import { encodeUtf8 } from "../../protocols/tape/utf8.ts";
import { runProgram } from "../kit/child.ts";
import { testWith } from "../kit/programs.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { output, resized, said, shellOn, terminalHeader } from "../kit/terminal-tape.ts";

const played = testWith(["asciinema"]);

const typed = (text: string) => said("client", { kind: "data", bytes: encodeUtf8(text) });

function* worked(): Generator<TapeBody> {
  yield* shellOn();
  yield output("sw# ");
  for (const sign of "enable") {
    yield typed(sign);
    yield output(sign);
  }
  yield typed("\r");
  yield output("\r\nPassword: ");
  yield typed("waterworks");
  yield typed("\r");
  yield output("\r\nwelcome ポンプ\r\n");
  yield resized(100, 40);
  yield output("sw(config)# ");
  yield { kind: "end", rule: "owner-ended", reason: "done" };
}

played("plays what was shown, keys included, and a secret is nowhere in the file", async () => {
  const cast = new Asciicast(terminalHeader("s1"), 2);
  let text = "";
  for (const [sequence, body] of [...worked()].entries()) {
    const wallMs = 1_764_000_000_000 + 10 * sequence;
    text += cast.push({ ...body, sequence, wallMs, monotonicMs: 0 });
  }
  text += cast.finish();
  expect(text).not.toContain("waterworks");
  expect(text).toContain('"i","********\\r"]');
  const folder = temporaryFolder();
  const file = path.join(folder, "s1.cast");
  writeFileSync(file, text);
  const { code, output: shown } = await runProgram("asciinema", ["play", "-s", "10", file], {
    env: { XDG_CONFIG_HOME: folder, HOME: folder, LC_ALL: "C.UTF-8" },
  });
  expect(shown).toBe("sw# enable\r\nPassword: \r\nwelcome ポンプ\r\nsw(config)# ");
  expect(code).toBe(0);
});
