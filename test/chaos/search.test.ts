/**
 * kill -9 while recordings are made and indexed. Then every operation of every recording is found
 * once, and until the index has caught up the answer says of how many recordings it does not know
 * all. It takes seconds and is worth them: only a kill shows what a half-written index does.
 */
import path from "node:path";
import { expect, test } from "vitest";
import type { Evidence } from "../../broker/evidence/evidence.ts";
import { recordsOf } from "../../broker/evidence/recording-records.ts";
import type { Recording } from "../../broker/evidence/recordings.ts";
import { ModbusHistory } from "../../protocols/modbus/history.ts";
import { startChild } from "../kit/child.ts";
import { ask, caughtUp, openTestEvidence } from "../kit/searched-recordings.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const KILLS = Number(process.env.SALLYPORT_KILLS ?? 8);
const WRITER = path.join(import.meta.dirname, "search-writer.ts");

test(`nothing is missing or twice in the index after ${KILLS} kills`, {
  timeout: 60_000 + KILLS * 30_000,
}, async () => {
  const directory = path.join(temporaryFolder(), "evidence");
  for (let run = 0; run < KILLS; run += 1) {
    const writer = await startChild(process.execPath, [WRITER, directory, String(run)], {
      ready: run % 2 === 0 ? /^closed/m : /^ready$/m,
    });
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 700));
    await writer.stop("SIGKILL");
  }
  const evidence = await openTestEvidence(directory);
  const search = evidence.openSearch(() => undefined);
  const recordings = await evidence.recordings.list();
  const early = await ask(search, "action:modbus:write", { limit: 100_000 });
  const all = (await Promise.all(recordings.map((one) => writesOf(evidence, one)))).flat().sort();
  const unknown = recordings.length - early.asked + early.behind;
  if (unknown === 0) expect(placesOf(early)).toEqual(all);
  expect(all).toEqual(expect.arrayContaining(placesOf(early)));
  await caughtUp(search, recordings.length);
  const late = await ask(search, "action:modbus:write", { limit: 100_000 });
  expect(placesOf(late)).toEqual(all);
  expect(all.length).toBeGreaterThan(KILLS);
  await evidence.close();
});

function placesOf({ hits }: Awaited<ReturnType<typeof ask>>): string[] {
  return hits.map(({ session, at }) => `${session} ${at}`).sort();
}

async function writesOf(evidence: Evidence, recording: Recording): Promise<string[]> {
  const history = new ModbusHistory();
  const places = new Map<string, string>();
  for await (const records of recordsOf(evidence.recordings, recording)) {
    for (const row of records.flatMap((record) => history.push(record).rows)) {
      if (row.operation.action !== "modbus:write") continue;
      places.set(row.id, `${recording.header.session} ${row.sequence}`);
    }
  }
  return [...places.values()];
}
