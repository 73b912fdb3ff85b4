/** A segment is opened by programs we did not write: `age`, and `zstd` as Debian has it. */
import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { systemClock } from "../../broker/clock.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import { unpackSegment } from "../../protocols/tape/columns.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import { AUDITOR, TEST_KEYS } from "../kit/evidence-keys.ts";
import { testWith } from "../kit/programs.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const HEADER = {
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
  startedMs: 1_767_600_000_000,
} as const;

/** Answers the folder of the recording. */
async function recordTo(auditor: string): Promise<string> {
  const directory = temporaryFolder();
  const keys = { ...TEST_KEYS, auditors: [auditor] };
  const evidence = await openEvidence({ directory, build: "test", clock: systemClock, keys });
  const tape = await evidence.recorder.open(HEADER);
  tape.append({ kind: "bytes", channel: 1, from: "client", bytes: Buffer.from("to be opened") });
  tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
  await tape.close();
  await evidence.close();
  return path.join(directory, "recordings", "s-1");
}

testWith(["age", "zstd"])(
  "an auditor opens a segment with age and zstd, and nobody else",
  async () => {
    const folder = await recordTo(AUDITOR.recipient);
    const sealed = path.join(folder, "segments", "0.seg");
    const key = path.join(temporaryFolder(), "auditor.key");
    writeFileSync(key, `${AUDITOR.identity}\n`);
    chmodSync(key, 0o600);
    const compressed = execFileSync("age", ["--decrypt", "--identity", key, sealed]);
    const packed = execFileSync("zstd", ["--decompress", "--stdout"], { input: compressed });
    const segment = unpackSegment(new Uint8Array(packed), packed.length * 2);
    const { records } = readSegment(segment ?? new Uint8Array(0));
    expect(records.map((record) => record.kind)).toEqual(["bytes", "end"]);
    const stranger = path.join(temporaryFolder(), "stranger.key");
    execFileSync("age-keygen", ["--output", stranger], { stdio: "ignore" });
    const attempt = () =>
      execFileSync("age", ["--decrypt", "--identity", stranger, sealed], { stdio: "pipe" });
    expect(attempt).toThrow("no identity matched");
  },
);
