/** Files that recordings of SSH give out. */
import path from "node:path";
import { expect } from "vitest";
import { systemClock } from "../../broker/clock.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import { keptFile } from "../../broker/evidence/kept-file.ts";
import { recordsOf } from "../../broker/evidence/recording-records.ts";
import { isSshOperation } from "../../protocols/ssh/operation.ts";
import { TEST_KEYS } from "./evidence-keys.ts";

/** What can be taken out of the recordings of a folder, by path; nothing where it is kept by digest. */
export async function takenOut(
  directory: string,
): Promise<ReadonlyMap<string, Uint8Array | undefined>> {
  const clock = systemClock;
  const evidence = await openEvidence({ directory, keys: TEST_KEYS, build: "test", clock });
  const files = new Map<string, Uint8Array | undefined>();
  try {
    for (const recording of await evidence.recordings.list()) {
      for await (const records of recordsOf(evidence.recordings, recording)) {
        for (const record of records) {
          if (record.kind !== "verdict") continue;
          for (const { operation } of record.items) {
            if (!isSshOperation(operation) || operation.action !== "file:passed") continue;
            const file = await keptFile(evidence.recordings, recording, record.sequence);
            expect(file === undefined || file.operation.path === operation.path).toBe(true);
            files.set(`${operation.way} ${path.basename(operation.path)}`, file?.content);
          }
        }
      }
    }
  } finally {
    await evidence.close();
  }
  return files;
}
