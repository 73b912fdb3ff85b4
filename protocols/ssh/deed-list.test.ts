/** Rows of an SSH recording: what was asked, what passed, what was typed, how it ended. */
import { expect, test } from "vitest";
import { output, said, shellOn, terminalHeader } from "../../test/kit/terminal-tape.ts";
import type { TapeBody, TapeRecord } from "../tape/record.ts";
import { encodeUtf8 } from "../tape/utf8.ts";
import {
  SshDeedList,
  type SshDeedRow,
  sshCsvHead,
  sshCsvLine,
  sshNdjsonLine,
} from "./deed-list.ts";
import { FieldWriter } from "./field-writer.ts";
import type { SshOperation } from "./operation.ts";

const DIGEST = "ab".repeat(32);
const FILE = { class: "transfer", via: "sftp", path: "/srv/=cmd,1" } as const;

function verdict(operation: SshOperation, channel = 1): TapeBody {
  const answer = { kind: "permit" } as const;
  return {
    ...{ kind: "verdict", channel, decision: 1 },
    items: [{ operation, answer, rule: "all", reason: "" }],
  };
}

function rowsOf(bodies: Iterable<TapeBody>): readonly SshDeedRow[] {
  const list = new SshDeedList(terminalHeader("s-1"), (ms) => new Date(ms).toISOString());
  let sequence = 0;
  const rows: SshDeedRow[] = [];
  for (const body of bodies) {
    const record: TapeRecord = { sequence: sequence++, wallMs: 0, monotonicMs: 0, ...body };
    rows.push(...list.push(record));
  }
  return [...rows, ...list.finish()];
}

test("a file is a row when it is opened and one when it passed, however often it grew", () => {
  const rows = rowsOf([
    verdict({ action: "file:write", ...FILE }),
    ...[100, 200, 300].map((size) => verdict({ action: "file:write", ...FILE, size })),
    verdict({
      ...{ action: "file:passed", class: "observe", via: "sftp", way: "up", path: FILE.path },
      ...{ extent: "part", size: 300, offset: 50, digest: DIGEST },
    }),
  ]);
  expect(rows.map(({ action }) => action)).toEqual(["file:write", "file:passed"]);
  const passed = { way: "up", extent: "part", size: "300", offset: "50", digest: DIGEST };
  expect(rows[1]).toMatchObject({ path: FILE.path, ...passed });
});

test("what was typed is a line, but not its text where the terminal did not show it", () => {
  const typed = (text: string) => said("client", { kind: "data", bytes: encodeUtf8(text) });
  const rows = rowsOf([
    ...shellOn(),
    ...[output("$ "), typed("ls\r"), output("ls\r\n$ ")],
    ...[output("Password: "), typed("secret\r"), output("\r\n$ ")],
  ]);
  const lines = rows.filter(({ action }) => action === "text:typed").map(({ text }) => text);
  expect(lines).toEqual(["ls", ""]);
  expect(JSON.stringify(rows)).not.toContain("secret");
});

test("a command ends with its status", () => {
  const rest = new FieldWriter().uint32(7).plain();
  const exec = new FieldWriter().string(encodeUtf8("show log")).plain();
  const request = { kind: "request", wantReply: false } as const;
  const rows = rowsOf([
    { kind: "channel", channel: 1, protocol: "ssh", by: "subject", peer: "" },
    said("client", { ...request, name: "exec", rest: exec }),
    verdict({ action: "ssh:exec", class: "configure", command: "show log" }),
    said("asset", { kind: "open-confirmation" }),
    said("asset", { kind: "success" }),
    said("asset", { ...request, name: "exit-status", rest }),
    said("asset", { kind: "close" }),
  ]);
  expect(rows.map(({ action, text, status }) => [action, text, status])).toEqual([
    ["ssh:exec", "show log", ""],
    ["ssh:ended", "show log", "7"],
  ]);
});

test("both formats have the same fields, and a spreadsheet sees no formula", () => {
  const [row] = rowsOf([verdict({ action: "file:read", ...FILE, path: "=cmd|' /C calc'!A0" })]);
  if (!row) throw new Error("no row");
  expect(Object.keys(JSON.parse(sshNdjsonLine(row))).sort()).toEqual(
    sshCsvHead().trim().split(",").sort(),
  );
  expect(sshCsvLine(row)).not.toMatch(/(^|,)"?=/);
});
