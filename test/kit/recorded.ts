/** The recordings of a folder, record by record, with the keys of tests. */
import { systemClock } from "../../broker/clock.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { TapeRecord } from "../../protocols/tape/record.ts";
import { TEST_KEYS } from "./evidence-keys.ts";

/** One list a recording; nobody else may have the folder open. */
export async function recorded(directory: string): Promise<readonly (readonly TapeRecord[])[]> {
  const clock = systemClock;
  const evidence = await openEvidence({ directory, keys: TEST_KEYS, build: "test", clock });
  try {
    const all: TapeRecord[][] = [];
    for (const { header, segments } of await evidence.recordings.list()) {
      const tape: TapeRecord[] = [];
      for (const { number } of segments) {
        const bytes = await evidence.recordings.segment(header.session, number);
        const read = readSegment(bytes ?? new Uint8Array(0));
        if (read.kind === "malformed") throw new Error(read.reason);
        tape.push(...read.records);
      }
      all.push(tape);
    }
    return all;
  } finally {
    await evidence.close();
  }
}
