import { mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../test/kit/temporary.ts";
import { TestClock } from "../test/kit/test-clock.ts";
import { diskVolume } from "./evidence/disk-volume.ts";
import { leaveNote } from "./evidence/log/left-notes.ts";
import { takeHostNotes } from "./host-notes.ts";
import { openStore } from "./store/store.ts";

test("what commands left becomes an event once, whether the broker ran then or not", async () => {
  const clock = new TestClock();
  const directory = path.join(temporaryFolder(), "log");
  mkdirSync(directory);
  const store = await openStore({ path: path.join(directory, "s.db"), clock });
  const leave = (session: string) =>
    leaveNote(diskVolume, directory, { kind: "export", session, by: "ada", occurredMs: 1 });
  await leave("s-1");
  const failed = (error: unknown) => expect.fail(String(error));
  const stop = takeHostNotes({ directory, siteLog: store.log, clock, failed });
  onTestFinished(async () => {
    await stop();
    await store.close();
  });
  const left = () => readdirSync(path.join(directory, "notes")).length;
  await expect.poll(left).toBe(0);
  const by = "root on this machine";
  const asked = { command: "policy what-if", range: '{"asset":"plc"}', by, occurredMs: 2 };
  await leaveNote(diskVolume, directory, { kind: "read", ...asked });
  // The look before may only just have ended.
  const leftLater = () => {
    clock.advance(30_000);
    return left();
  };
  await expect.poll(leftLater).toBe(0);
  clock.advance(30_000);
  await stop();
  const events = (await store.log.list()).toReversed();
  expect(events).toMatchObject([
    { kind: "recording:exported", session: "s-1", text: expect.stringContaining("ada exported") },
    { kind: "recording:read-on-host", session: null, text: expect.stringContaining("what-if") },
  ]);
});
