import { expect, test } from "vitest";
import { ModbusTape } from "../../test/kit/modbus-tape.ts";
import { TapeCapture, withheldKey } from "../tape/capture.ts";
import type { TapeBody, TapeRecord } from "../tape/record.ts";
import { MODBUS_CAPTURED } from "./captured.ts";

const READ = "0007 0000 0006 03 03 0064 0001";
const REPLY = "0001 0000 0005 03 03 02 07d0";

interface Packet {
  readonly source: number;
  readonly target: number;
  /** Hex of the TCP data. */
  readonly data: string;
  readonly comments: string;
}

/** Reads packet blocks as the specification has them. */
function packetsOf(records: readonly TapeRecord[], withheld: readonly string[] = []): Packet[] {
  const capture = new TapeCapture(MODBUS_CAPTURED, new Set(withheld));
  const bytes = Buffer.concat([...records.map((one) => capture.push(one)), capture.finish()]);
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    const block = bytes.subarray(at, at + bytes.readUInt32LE(at + 4));
    const frame = block.subarray(28, 28 + block.readUInt32LE(20));
    packets.push({
      source: frame[29] ?? 0,
      target: frame[33] ?? 0,
      data: frame.subarray(54).toString("hex"),
      comments: block.subarray(28 + frame.length).toString("utf8"),
    });
  }
  return packets;
}

function withData(packets: readonly Packet[]): string[] {
  return packets
    .filter(({ data }) => data !== "")
    .map(({ source, target, data }) => `${source}>${target} ${data}`);
}

const permit = () => [{ kind: "permit" as const }];

test("what the guard sent is in the capture byte for byte", () => {
  const tape = new ModbusTape(permit);
  tape.bytes("client", READ);
  tape.bytes("asset", REPLY);
  const [toAsset, toClient] = [...tape.driver.sent("asset"), ...tape.driver.sent("client")];
  expect(withData(packetsOf(tape.records))).toEqual([
    `1>2 ${READ.replaceAll(" ", "")}`,
    `2>3 ${Buffer.from(toAsset?.bytes ?? []).toString("hex")}`,
    `3>2 ${REPLY.replaceAll(" ", "")}`,
    `2>1 ${Buffer.from(toClient?.bytes ?? []).toString("hex")}`,
  ]);
});

test("a permitted write that was withheld is not shown as sent", () => {
  const tape = new ModbusTape(permit);
  tape.bytes("client", "0007 0000 0006 03 06 0064 0001");
  tape.event({ kind: "withheld", decision: 1 });
  const packets = packetsOf(tape.records, [withheldKey(1, 1)]);
  expect(packets.filter(({ target, data }) => target === 3 && data !== "")).toEqual([]);
  const asked = packets.find(({ source, data }) => source === 1 && data !== "");
  expect(asked?.comments).toContain("taken back before it left");
});

test("a held write leaves when somebody agreed, and says so", () => {
  const tape = new ModbusTape(() => [{ kind: "hold" }]);
  tape.bytes("client", "0007 0000 0006 03 06 0064 0001");
  tape.later(3000);
  tape.settle(1, { kind: "permit" });
  const packets = packetsOf(tape.records);
  expect(withData(packets).map((line) => line.slice(0, 3))).toEqual(["1>2", "2>3"]);
  const sent = packets.find(({ target, data }) => target === 3 && data !== "");
  expect(packets.find(({ data }) => data !== "")?.comments).toContain("hold because test#1");
  expect(sent?.comments).toContain("permit because test#1");
});

test("behind a gap there is what was taped, and a word about it", () => {
  const tape = new ModbusTape(permit);
  tape.bytes("client", READ);
  const gap: TapeBody = { kind: "gap", fromMs: 1, untilMs: 2, cause: "the disk was full" };
  const records = [...tape.records, { sequence: 99, wallMs: 1, monotonicMs: 1, ...gap }];
  const later = new ModbusTape(permit);
  later.bytes("client", READ);
  const packets = packetsOf([...records, ...later.records.slice(1)]);
  expect(withData(packets).map((line) => line.slice(0, 3))).toEqual(["1>2", "2>3", "1>2"]);
  expect(packets.at(-1)?.comments).toContain("gap in the recording: the disk was full");
});

test("a recording cut to any length still gives packets and no error", () => {
  const tape = new ModbusTape(permit);
  for (let n = 0; n < 10; n++) tape.bytes("client", READ);
  for (let from = 0; from < tape.records.length; from++) {
    expect(() => packetsOf(tape.records.slice(from))).not.toThrow();
  }
});
