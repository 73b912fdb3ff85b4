/** An exported capture says the same in Wireshark's own dissector as the tape does in ours. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { MODBUS_CAPTURED } from "../../protocols/modbus/captured.ts";
import { captureStart, TapeCapture } from "../../protocols/tape/capture.ts";
import type { Header, TapeRecord } from "../../protocols/tape/record.ts";
import { ModbusTape } from "../kit/modbus-tape.ts";
import { testWith } from "../kit/programs.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const HEADER: Header = {
  version: 1,
  build: "test",
  session: "s-1",
  site: "north",
  subject: { id: "p-1", name: "Ada", roles: ["engineer"] },
  asset: { id: "plc", name: "PLC", zone: "treatment" },
  endpoint: { id: "modbus", protocol: "modbus" },
  grant: { id: "g-1", profile: "tuning", until: 0 },
  digests: { profile: "", plant: "" },
  tags: [],
  startedMs: Date.UTC(2026, 0, 5, 8),
};

function captureOf(records: readonly TapeRecord[]): string {
  const capture = new TapeCapture(MODBUS_CAPTURED, new Set());
  const parts = records.map((record) => capture.push(record));
  const file = path.join(temporaryFolder(), "recording.pcapng");
  writeFileSync(file, Buffer.concat([captureStart(HEADER), ...parts, capture.finish()]));
  return file;
}

/** One list of values a packet. */
function tshark(file: string, filter: string, fields: readonly string[]): string[][] {
  const checks = ["tcp", "ip"].flatMap((one) => ["-o", `${one}.check_checksum:TRUE`]);
  const wanted = fields.flatMap((field) => ["-e", field]);
  const text = execFileSync(
    "tshark",
    ["-r", file, ...checks, "-Y", filter, "-T", "fields", ...wanted],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  );
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => line.split("\t"));
}

const TIMEOUT = { timeout: 60_000 };

testWith(["tshark"])("Wireshark reads requests, replies and refusals as they were", TIMEOUT, () => {
  const tape = new ModbusTape(({ items }) =>
    items.map(({ class: name }) =>
      name === "observe" ? { kind: "permit" } : { kind: "deny", refusal: "value" },
    ),
  );
  tape.bytes("client", "0007 0000 0006 03 03 0064 0002");
  tape.later(5);
  tape.bytes("asset", "0001 0000 0007 03 03 04 07d0 0001");
  tape.later(5);
  tape.bytes("client", "0008 0000 0006 03 06 0064 07d0");
  const file = captureOf(tape.records);
  const fields = ["ip.src", "mbtcp.trans_id", "modbus.func_code", "modbus.exception_code"];
  expect(tshark(file, "modbus", fields)).toEqual([
    ["192.0.2.1", "7", "3", ""],
    ["192.0.2.2", "1", "3", ""],
    ["192.0.2.3", "1", "3", ""],
    ["192.0.2.2", "7", "3", ""],
    ["192.0.2.1", "8", "6", ""],
    ["192.0.2.2", "8", "6", "3"],
  ]);
  const values = tshark(file, "modbus.regval_uint16", ["modbus.regval_uint16", "frame.time_epoch"]);
  expect(values).toEqual([
    ["2000,1", "1767600000.005000000"],
    ["2000,1", "1767600000.005000000"],
  ]);
  const [comment] = tshark(file, 'frame.comment contains "deny"', ["frame.comment"]);
  expect(comment?.[0]).toContain("deny (value) because test#1 — operate modbus:write unit 3");
});

testWith(["tshark"])(
  "a long recording has no error in its TCP, and no frame too many",
  TIMEOUT,
  () => {
    const tape = new ModbusTape(({ items }) => items.map(() => ({ kind: "permit" })));
    let answered = 0;
    for (let n = 1; n <= 300; n++) {
      const code = n % 4 === 0 ? 6 : 3;
      const request = `${hex(n)} 0000 0006 01 0${code} ${hex(n)} ${code === 3 ? "0064" : hex(n * 7)}`;
      tape.bytes("client", request);
      tape.later(20);
      tape.bytes("asset", code === 3 ? readReply(n) : request);
      tape.later(80);
      answered++;
    }
    const file = captureOf(tape.records);
    const packets = tshark(file, "tcp", ["tcp.checksum.status", "ip.checksum.status"]);
    expect(new Set(packets.flat())).toEqual(new Set(["1"]));
    expect(tshark(file, "tcp.analysis.flags || _ws.malformed", ["frame.number"])).toEqual([]);
    const replies = tshark(file, "modbus && tcp.srcport == 502", ["modbus.func_code"]);
    expect(replies).toHaveLength(2 * answered);
  },
);

function hex(word: number): string {
  return word.toString(16).padStart(4, "0");
}

/** A hundred registers, more than fits where frames are counted by eye. */
function readReply(n: number): string {
  const registers = Array.from({ length: 100 }, (_, i) => hex((n * 31 + i) & 0xffff));
  return `${hex(n)} 0000 00cb 01 03 c8 ${registers.join(" ")}`;
}
