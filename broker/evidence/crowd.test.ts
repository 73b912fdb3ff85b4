import { expect, onTestFinished, test } from "vitest";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { Header } from "../../protocols/tape/record.ts";
import { TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { openEvidence } from "./evidence.ts";

const SESSIONS = 40;

function headerOf(session: string): Header {
  return {
    ...{ version: 1, build: "test", session, site: "site", startedMs: systemClock.wallMs() },
    subject: { id: "ann", name: "Ann", roles: ["engineer"] },
    asset: { id: "plc", name: "PLC", zone: "cell" },
    endpoint: { id: "modbus", protocol: "modbus" },
    grant: { id: "grant", profile: "profile", until: 0 },
    digests: { profile: "", plant: "" },
    tags: [],
  };
}

test("many recordings that end at once are all sealed, each with its own records", async () => {
  const directory = temporaryFolder();
  const evidence = await openEvidence({
    ...{ directory, keys: TEST_KEYS, build: "test", clock: systemClock },
  });
  onTestFinished(() => evidence.close());
  const names = Array.from({ length: SESSIONS }, (_, at) => `session-${at}`);
  const tapes = await Promise.all(names.map((name) => evidence.recorder.open(headerOf(name))));
  for (const [at, tape] of tapes.entries()) {
    tape.append({ kind: "watch", subject: `watcher-${at}`, joined: true });
    tape.append({ kind: "end", rule: "shutdown", reason: "the broker was stopped" });
  }
  await Promise.all(tapes.map((tape) => tape.close()));
  const all = await evidence.recordings.list();
  expect(all.map(({ state }) => state)).toEqual(names.map(() => "sealed"));
  for (const [at, name] of names.entries()) {
    const bytes = await evidence.recordings.segment(name, 0);
    const { records } = readSegment(bytes ?? new Uint8Array(0));
    expect(records[0]).toMatchObject({ kind: "watch", subject: `watcher-${at}` });
    expect(records).toHaveLength(2);
  }
}, 30_000);
