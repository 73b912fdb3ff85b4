import { expect, test } from "vitest";
import { encodeMessage, type SshMessage } from "../../../protocols/ssh/message.ts";
import type { TapeBody } from "../../../protocols/tape/record.ts";
import { TerminalTexts } from "./terminal-texts.ts";

const NONE = new Uint8Array(0);

class Fed {
  sequence = 0;
  texts: TerminalTexts;
  readonly told: string[] = [];

  constructor(running: readonly number[] = []) {
    this.texts = new TerminalTexts(running);
  }

  put(body: TapeBody, afterMs = 10): void {
    const wallMs = 1_000 + (this.sequence + 1) * afterMs;
    const record = { ...body, sequence: this.sequence++, wallMs, monotonicMs: 0 };
    for (const { what, text, echo } of this.texts.push(record)) {
      this.told.push(`${what}${echo ? "" : " (not shown)"}: ${text}`);
    }
  }

  say(from: "client" | "asset", message: SshMessage): void {
    this.put({ kind: "bytes", channel: 1, from, bytes: encodeMessage(message) });
  }

  shell(): void {
    this.put({ kind: "channel", channel: 1, protocol: "ssh", by: "subject", peer: "" });
    this.say("client", { kind: "request", name: "shell", wantReply: true, rest: NONE });
    this.say("asset", { kind: "success" });
  }

  flush(): void {
    for (const { what, text } of this.texts.flush()) this.told.push(`${what}: ${text}`);
  }
}

const data = (text: string): SshMessage => ({ kind: "data", bytes: Buffer.from(text) });

test("what was typed and shown is told; what was typed and not shown carries no text", () => {
  const fed = new Fed();
  fed.shell();
  fed.say("client", data("show\r"));
  fed.say("asset", data("sw# show\r\nPassword: "));
  fed.say("client", data("hunter2\r"));
  fed.say("asset", data("\r\n\x1b[1mwelcome\x1b[0m\r\n"));
  fed.flush();
  expect(fed.told).toEqual([
    "typed: show",
    "typed (not shown): ",
    "shown: sw# show\r\nPassword: \r\nwelcome",
  ]);
  expect(fed.told.join()).not.toContain("hunter2");
});

test("a terminal goes on in another run where its beginning is not told again", () => {
  const before = new Fed();
  before.shell();
  expect(before.texts.running).toEqual([1]);
  const after = new Fed(before.texts.running);
  after.say("asset", data("still here"));
  after.flush();
  expect(after.told).toEqual(["shown: still here"]);
});

test("a flood of output becomes many texts of a bounded length", () => {
  const fed = new Fed();
  fed.shell();
  for (let n = 0; n < 20; n += 1) fed.say("asset", data("x".repeat(30_000)));
  fed.flush();
  expect(fed.told.length).toBeGreaterThanOrEqual(300);
  expect(Math.max(...fed.told.map(({ length }) => length))).toBeLessThan(2_100);
});
