import { mkdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { beforeEach, expect, test } from "vitest";
import { readPoints } from "../../protocols/modbus/build.ts";
import { encodeRequest } from "../../protocols/modbus/encode.ts";
import { TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { testHeader } from "../../test/kit/tape-header.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { type Config, readConfig } from "../config.ts";
import { openEvidence } from "../evidence/evidence.ts";
import { exportRecording } from "../evidence/export.ts";
import { openEvidenceKeys } from "../evidence/keys.ts";
import { exportAs } from "./export-as.ts";

let folder = "";
let config: Config;

beforeEach(async () => {
  folder = temporaryFolder();
  config = readConfig({ SALLYPORT_DATA: path.join(folder, "data") });
  mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 });
  const evidence = await open();
  const tape = await evidence.recorder.open(testHeader("s-1"));
  const operation = readPoints(1, "holding-registers", 11, 1);
  for (let decision = 1; decision <= 3; decision += 1) {
    const bytes = encodeRequest([operation], decision);
    tape.append({ kind: "bytes", channel: 1, from: "client", bytes });
    const item = { operation, answer: { kind: "permit" }, rule: "r", reason: "" } as const;
    tape.append({ kind: "verdict", channel: 1, decision, items: [item] });
  }
  tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
  await tape.close();
  await evidence.close();
});

async function open() {
  const { evidenceFolder, dataFolder } = config;
  const file = path.join(dataFolder, "evidence.key");
  const keys = await openEvidenceKeys({ file, evidenceFolder, auditors: [TEST_KEYS.site] });
  return openEvidence({ directory: evidenceFolder, keys, build: "test", clock: systemClock });
}

/** What the console gives. */
async function exported(format: "csv" | "ndjson" | "pcapng"): Promise<Buffer> {
  const evidence = await open();
  const recording = await evidence.recordings.get("s-1");
  if (!recording) throw new Error("it is not there");
  const parts: Buffer[] = [];
  for await (const part of exportRecording(evidence.recordings, recording, format)) {
    parts.push(Buffer.from(part));
  }
  await evidence.close();
  return Buffer.concat(parts);
}

test.each(["csv", "ndjson", "pcapng"] as const)(
  "as %s the command writes what the console gives, for its owner alone",
  async (as) => {
    const out = path.join(folder, `out.${as}`);
    expect(await exportAs(config, { session: "s-1", as, out })).toContain(out);
    const written = readFileSync(out);
    expect(written.length).toBeGreaterThan(100);
    expect(written.equals(await exported(as))).toBe(true);
    expect(statSync(out).mode & 0o777).toBe(0o600);
  },
);

test("what cannot be exported so is refused, and says what can", async () => {
  const refused = (session: string | undefined, as: string) =>
    expect(exportAs(config, { session, as, out: path.join(folder, "out") })).rejects;
  await refused("s-1", "cast").toThrow("exported as pcapng, csv, ndjson");
  await refused("s-1", "zip").toThrow("--as is one of pcapng");
  await refused(undefined, "csv").toThrow("name the session");
  await refused("s-2", "csv").toThrow("no recording of s-2");
  await refused("../s-1", "csv").toThrow("no recording of ../s-1");
});
