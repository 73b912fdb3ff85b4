/** What lies in the folder for requests of the host may come from anywhere in time. */
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { TestAccess } from "../../test/kit/access.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { ANSWER_WITHIN_MS, answerHostLifts, askRunningBroker } from "./lift-on-host.ts";

let kit: TestAccess;
let folder: string;

beforeEach(async () => {
  kit = await TestAccess.open();
  folder = temporaryFolder();
  const sam = await kit.site.invited(kit.ada.me, "Sam", ["supervisor"]);
  await kit.access.locks.lock(sam.me.person, { kind: "site", target: "nord", reason: "gas" });
});

function answering() {
  const { locks } = kit.access;
  return answerHostLifts({
    ...{ dataFolder: folder, store: kit.site.store, clock: systemClock },
    lifted: (lifted) => locks.liftedOnHost(lifted),
    failed: (reason) => {
      throw new Error(reason);
    },
  });
}

test("a request is done and answered, and leaves nothing behind", async () => {
  const stop = answering();
  const request = { who: "root on this machine", which: "way-in" } as const;
  expect(await askRunningBroker(folder, request, systemClock)).toEqual(["the site Nord"]);
  stop();
  expect(kit.access.locks.list()).toEqual([]);
  expect(readdirSync(join(folder, "unlock"))).toEqual([]);
  await kit.restart();
  expect(kit.access.locks.list()).toEqual([]);
});

test("one of an earlier time, of a link or of rubbish is thrown away and never done", async () => {
  const stop = answering();
  const own = join(folder, "unlock");
  mkdirSync(own);
  const asked = { who: "somebody", which: "all" };
  const old = { asked, atMs: Date.now() - ANSWER_WITHIN_MS - 1_000 };
  writeFileSync(join(own, "old.request"), JSON.stringify(old));
  writeFileSync(join(own, "rubbish.request"), "{");
  writeFileSync(join(folder, "fresh"), JSON.stringify({ asked, atMs: Date.now() }));
  symlinkSync(join(folder, "fresh"), join(own, "link.request"));
  await vi.waitUntil(() => readdirSync(own).length === 0, 5_000);
  stop();
  expect(kit.access.locks.list()).toHaveLength(1);
  expect(existsSync(join(folder, "fresh"))).toBe(true);
});

test("one that lay there when the broker started is not done either", async () => {
  const own = join(folder, "unlock");
  mkdirSync(own);
  const request = { asked: { who: "somebody", which: "all" }, atMs: Date.now() };
  writeFileSync(join(own, "a.request"), JSON.stringify(request));
  answering()();
  expect(existsSync(own)).toBe(false);
  expect(kit.access.locks.list()).toHaveLength(1);
});
