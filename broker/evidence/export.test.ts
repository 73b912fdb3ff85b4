import { expect, test } from "vitest";
import { csvHead } from "../../protocols/modbus/operation-list.ts";
import type { Header, TapeRecord } from "../../protocols/tape/record.ts";
import { TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { ModbusTape } from "../../test/kit/modbus-tape.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { type Evidence, openEvidence } from "./evidence.ts";
import { type ExportFormat, exportRecording } from "./export.ts";

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

async function recorded(records: readonly TapeRecord[]): Promise<Evidence> {
  const evidence = await openEvidence({
    ...{ directory: temporaryFolder(), build: "test", clock: systemClock, keys: TEST_KEYS },
    limits: { segmentBytes: 500, writeAheadBytes: 256 * 1024, reserveBytes: 64 * 1024 },
  });
  const tape = await evidence.recorder.open(HEADER);
  for (const record of records) tape.append(record);
  tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
  await tape.close();
  return evidence;
}

async function exported(evidence: Evidence, format: ExportFormat): Promise<Buffer> {
  const recording = await evidence.recordings.get("s-1");
  if (recording === undefined) throw new Error("no recording");
  expect(recording.segments.length).toBeGreaterThan(2);
  const parts: Uint8Array[] = [];
  for await (const part of exportRecording(evidence.recordings, recording, format)) {
    parts.push(Buffer.from(part));
  }
  return Buffer.concat(parts);
}

function polling(count: number): ModbusTape {
  const tape = new ModbusTape(() => [{ kind: "permit" }]);
  for (let n = 1; n <= count; n++) {
    const id = n.toString(16).padStart(4, "0");
    tape.bytes("client", `${id} 0000 0006 01 03 0064 0001`);
    tape.bytes("asset", `${id} 0000 0005 01 03 02 ${id}`);
  }
  return tape;
}

test("an export has every operation of every segment, once and in order", async () => {
  const evidence = await recorded(polling(300).records);
  const csv = (await exported(evidence, "csv")).toString("utf8");
  const lines = csv.split("\r\n");
  expect(`${lines[0]}\r\n`).toBe(csvHead());
  expect(lines).toHaveLength(302);
  const rows = (await exported(evidence, "ndjson")).toString("utf8").trim().split("\n");
  const values = rows.map((row) => Number(JSON.parse(row).read));
  expect(values).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
  await evidence.close();
});

test("a capture leaves out what was withheld, although that stands later on the tape", async () => {
  const tape = polling(100);
  tape.bytes("client", "7777 0000 0006 01 06 0064 0abc");
  tape.event({ kind: "withheld", decision: 101 });
  const evidence = await recorded(tape.records);
  const capture = (await exported(evidence, "pcapng")).toString("hex");
  // As the client asked; towards the asset it would have had the number 0065.
  expect(capture).toContain("77770000000601060064 0abc".replaceAll(" ", ""));
  expect(capture).not.toContain("006500000006010600640abc");
  await evidence.close();
});

test("an export that cannot be whole fails instead of ending early", async () => {
  const evidence = await recorded(polling(300).records);
  const recording = await evidence.recordings.get("s-1");
  if (recording === undefined) throw new Error("no recording");
  const broken = {
    segment: (session: string, number: number) =>
      number === 2 ? Promise.resolve(undefined) : evidence.recordings.segment(session, number),
  };
  const read = async (): Promise<void> => {
    for await (const part of exportRecording(broken, recording, "csv")) void part;
  };
  await expect(read()).rejects.toThrow("segment 2 of s-1 is gone");
  await evidence.close();
});
