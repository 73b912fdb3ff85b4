import { expect, test } from "vitest";
import { encodeMessage, type SshMessage } from "../../protocols/ssh/message.ts";
import { writeTerminal } from "../../protocols/ssh/terminal-modes.ts";
import type { TapeBody } from "../../protocols/tape/record.ts";
import { testHeader } from "../../test/kit/tape-header.ts";
import { Asciicast, type CastVersion } from "./asciicast.ts";

const NONE = new Uint8Array(0);

/** A shell on one channel and a command on the next, 250 ms between the records. */
function lines(version: CastVersion): unknown[] {
  const cast = new Asciicast(testHeader("s1"), version);
  let sequence = 0;
  let text = "";
  const put = (body: TapeBody) => {
    const wallMs = 1_764_000_000_000 + 250 * sequence;
    text += cast.push({ ...body, sequence: sequence++, wallMs, monotonicMs: 0 });
  };
  const say = (channel: number, from: "client" | "asset", ...messages: SshMessage[]) =>
    messages.forEach((message) => {
      put({ kind: "bytes", channel, from, bytes: encodeMessage(message) });
    });
  const data = (bytes: Uint8Array): SshMessage => ({ kind: "data", bytes });
  put({ kind: "channel", channel: 1, protocol: "ssh", by: "subject", peer: "" });
  const size = { columns: 100, rows: 30, widthPixels: 0, heightPixels: 0 };
  const rest = writeTerminal({ name: "xterm", ...size, modes: {} });
  say(1, "client", { kind: "request", name: "pty-req", wantReply: false, rest });
  say(1, "client", { kind: "request", name: "shell", wantReply: true, rest: NONE });
  say(1, "asset", { kind: "success" });
  const wide = Buffer.from("sw# 水\r\n");
  say(1, "asset", data(wide.subarray(0, 5)), data(wide.subarray(5)));
  say(1, "client", data(Buffer.from("secret\r")));
  put({ kind: "channel", channel: 2, protocol: "ssh", by: "subject", peer: "" });
  const command = Buffer.concat([Buffer.from([0, 0, 0, 4]), Buffer.from("show")]);
  say(2, "client", { kind: "request", name: "exec", wantReply: true, rest: command });
  say(2, "asset", { kind: "success" }, data(Buffer.from("a\nb\n")));
  say(2, "asset", { kind: "close" });
  text += cast.finish();
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("version 2 has its size, times from the beginning, and what was not shown as a mask", () => {
  const [head, ...events] = lines(2);
  expect(head).toMatchObject({ version: 2, width: 100, height: 30, timestamp: 1_764_000_000 });
  expect(events).toEqual([
    [0, "m", "shell"],
    [0.25, "o", "sw# "],
    [0.5, "o", "水\r\n"],
    [0.75, "i", "********\r"],
    [1.5, "o", "\x1bc"],
    [1.5, "r", "80x24"],
    [1.5, "m", "show"],
    [1.75, "o", "a\r\nb\r\n"],
    [2, "m", "ended"],
  ]);
});

test("version 3 counts each time from the line before", () => {
  const [head, ...events] = lines(3);
  expect(head).toMatchObject({ version: 3, term: { cols: 100, rows: 30 } });
  expect(events.map((event) => (event as number[])[0])).toEqual([
    0, 0.25, 0.25, 0.25, 0.75, 0, 0, 0.25, 0.25,
  ]);
});

test("a recording without a terminal is a file that plays and shows nothing", () => {
  const cast = new Asciicast(testHeader("s1"), 2);
  expect(JSON.parse(cast.finish())).toMatchObject({ version: 2, width: 80, height: 24 });
});
