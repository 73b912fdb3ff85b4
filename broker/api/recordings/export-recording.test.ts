/** How many exports are under way at a time, by the endpoint and a recording on disk. */
import { once } from "node:events";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { TEST_KEYS } from "../../../test/kit/evidence-keys.ts";
import { testHeader } from "../../../test/kit/tape-header.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { systemClock } from "../../clock.ts";
import { openEvidence } from "../../evidence/evidence.ts";
import type { NewSiteEvent } from "../../store/site-events.ts";
import type { Download, Endpoint } from "../endpoint.ts";
import { exportOneRecording } from "./export-recording.ts";

async function exporting() {
  const directory = temporaryFolder();
  const clock = systemClock;
  const evidence = await openEvidence({ directory, keys: TEST_KEYS, build: "test", clock });
  onTestFinished(() => evidence.close());
  const tape = await evidence.recorder.open(testHeader("s-1"));
  tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
  await tape.close();
  const events: NewSiteEvent[] = [];
  const siteLog = { record: async (event: NewSiteEvent) => void events.push(event) };
  const parts = { recordings: evidence.recordings, siteLog, clock };
  const endpoint: Endpoint = exportOneRecording(parts as never);
  const me = { person: { id: "p-1", name: "Ada" } };
  const call = {
    me,
    rights: new Set(["recording:own"]),
    mayAt: () => false,
    params: { id: "s-1" },
  };
  const take = async (more: { readonly from?: number } = {}): Promise<Readable> => {
    const asked = { ...call, query: { format: "csv", ...more } };
    return ((await endpoint.handle(asked as never)) as Download).content;
  };
  return { take, events };
}

test("a few exports are under way at a time; one that was read or let go of makes room", async () => {
  const { take, events } = await exporting();
  const some = await Promise.all([take(), take(), take(), take()]);
  await expect(take()).rejects.toMatchObject({ status: 503, problem: { code: "busy" } });
  expect(events).toHaveLength(4);
  const [read, left] = some;
  expect((await buffer(read)).toString()).toContain("rule");
  left.destroy();
  for (const one of [read, left]) if (!one.closed) await once(one, "close");
  // It is closed a turn before who listens hears of it.
  await new Promise(setImmediate);
  const again = await Promise.all([take(), take()]);
  await expect(take()).rejects.toMatchObject({ problem: { code: "busy" } });
  for (const content of [...some, ...again]) content.destroy();
});

test("an export that cannot be made holds no place, and is no event", async () => {
  const { take, events } = await exporting();
  for (let n = 0; n < 6; n += 1) {
    // Of a rest without what came before it.
    await expect(take({ from: 1 })).rejects.toMatchObject({ name: "ApiRefused" });
  }
  await buffer(await take());
  expect(events).toMatchObject([{ kind: "recording:exported", subject: "p-1", session: "s-1" }]);
});
