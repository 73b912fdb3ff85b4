import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { leafHash, verifyInclusion } from "../../../protocols/log/merkle.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import type { LogEvent } from "../log/leaf.ts";
import { sha256 } from "../log/sha256.ts";
import { SiteLog } from "../log/site-log.ts";
import { AuditLog as Audit, type AuditPage } from "./audit-log.ts";

const START = Date.UTC(2026, 0, 5, 8);

interface Site {
  readonly clock: TestClock;
  readonly folder: string;
  readonly directory: string;
  log: SiteLog;
}

async function site(): Promise<Site> {
  const folder = temporaryFolder();
  const clock = new TestClock(START);
  const directory = path.join(folder, "site-log");
  const log = await SiteLog.open({ directory, name: "x.example/site", build: "test", clock });
  onTestFinished(() => log.close());
  return { clock, folder, directory, log };
}

async function audit({ folder, directory, clock }: Site): Promise<Audit> {
  const index = path.join(folder, "log-index.db");
  const opened = new Audit({
    ...{ directory, index, clock },
    trouble: (error) => {
      throw error;
    },
  });
  onTestFinished(() => opened.close());
  await opened.settle();
  return opened;
}

async function written(at: Site, events: readonly LogEvent[]): Promise<void> {
  for (const event of events) {
    await at.log.append(event);
    at.clock.advance(1);
  }
  await at.log.publish();
}

const events = (count: number): LogEvent[] =>
  Array.from({ length: count }, (_, at) => ({
    ...{ kind: "event", name: at % 3 === 0 ? "session:opened" : "sign-in:begun" },
    ...{ subject: at % 2 === 0 ? "eva" : "sam", text: `number n${at} on Pump-${at % 7}` },
  }));

const texts = ({ entries }: AuditPage): string[] =>
  entries.map(({ bytes }) => (bytes ? JSON.parse(Buffer.from(bytes).toString()).text : "?"));

function prove({ heads, entries }: AuditPage): boolean[] {
  return entries.map(({ log, index, bytes, proof }) => {
    const head = heads.find(({ number }) => number === log);
    if (!head || !bytes) return false;
    const leaf = leafHash(bytes, sha256);
    return verifyInclusion(leaf, index, head.size, proof, head.root, sha256);
  });
}

test("leaves are found newest first, page by page, each with a proof that holds", async () => {
  const at = await site();
  await written(at, events(700));
  const log = await audit(at);
  expect(statSync(path.join(at.folder, "log-index.db.1")).mode & 0o777).toBe(0o600);
  expect(log.progress).toEqual({ indexed: 702, of: 702 });
  const seen: string[] = [];
  for (let before: AuditPage["next"] | undefined; ; ) {
    const page = await log.page({ what: "session:opened" }, before, 100);
    expect(prove(page).every(Boolean)).toBe(true);
    seen.push(...texts(page));
    before = page.next;
    if (!before) break;
  }
  expect(seen).toHaveLength(234);
  expect(new Set(seen).size).toBe(234);
  expect(seen[0]).toContain("n699 ");
});

test("each filter leaves what it says, and all together", async () => {
  const at = await site();
  await written(at, events(60));
  const log = await audit(at);
  const count = async (filter: Parameters<Audit["page"]>[0]) =>
    (await log.page(filter, undefined, 200)).entries.length;
  expect(await count({ what: "session" })).toBe(20);
  expect(await count({ person: "eva" })).toBe(30);
  expect(await count({ text: "pump 3" })).toBe(9);
  expect(await count({ text: 'n1 " OR *' })).toBe(0);
  expect(await count({ text: "n59" })).toBe(1);
  expect(await count({ fromMs: START + 10, untilMs: START + 20 })).toBe(10);
  expect(await count({ what: "sign-in", person: "sam", text: "pump-5" })).toBeGreaterThan(0);
  expect(await count({ what: "'; drop table leaves; --" })).toBe(0);
  expect(await count({})).toBe(62);
});

test("leaves of a session carry its person and asset, also where they do not name them", async () => {
  const at = await site();
  await written(at, [
    { kind: "session.open", session: "s1", subject: { id: "eva" }, asset: { id: "plc" } },
    { kind: "session.close", session: "s1", state: "sealed" },
  ]);
  const log = await audit(at);
  expect((await log.page({ asset: "plc", person: "eva" }, undefined, 10)).entries).toHaveLength(2);
  const choices = await log.choices();
  expect(choices).toMatchObject({ people: ["eva"], assets: ["plc"] });
  expect(choices.kinds).toContainEqual({ name: "session.open", count: 1 });
  const known = await log.sessionsOf(["s1", "unknown"]);
  expect(known).toEqual([{ id: "s1", person: "eva", asset: "plc" }]);
});

test("the index goes on where it was, and is built again when it is gone or of another log", async () => {
  const at = await site();
  await written(at, events(300));
  const first = await audit(at);
  await first.close();
  await written(at, events(300));
  const second = await audit(at);
  expect((await second.page({ text: "n299" }, undefined, 10)).entries).toHaveLength(2);
  await second.close();
  await at.log.close();
  rmSync(at.directory, { recursive: true });
  const { clock, directory } = at;
  at.log = await SiteLog.open({ directory, name: "x.example/site", build: "test", clock });
  onTestFinished(() => at.log.close());
  await written(at, events(3));
  const third = await audit(at);
  expect((await third.page({}, undefined, 200)).entries).toHaveLength(5);
  await third.close();
  for (const name of readdirSync(at.folder).filter((file) => file.startsWith("log-index"))) {
    writeFileSync(path.join(at.folder, name), "not a database");
  }
  const fourth = await audit(at);
  expect((await fourth.page({}, undefined, 200)).entries).toHaveLength(5);
});

test("a changed entry is found by its proof, a missing bundle is said, the others hold", async () => {
  const at = await site();
  await written(at, events(300));
  const log = await audit(at);
  const bundle = path.join(at.directory, "1/tile/entries/000");
  const bytes = readFileSync(bundle);
  bytes.write("numbeR", bytes.indexOf("number n7 "));
  writeFileSync(bundle, bytes);
  const page = await log.page({ text: "n7" }, undefined, 50);
  expect(texts(page).at(-1)).toContain("numbeR n7 ");
  const held = prove(page);
  expect(held.pop()).toBe(false);
  expect(held.every(Boolean)).toBe(true);
  rmSync(bundle);
  const gone = await log.page({ text: "n7" }, undefined, 50);
  expect(gone.entries.at(-1)).toMatchObject({ bytes: undefined, problem: expect.any(String) });
});

test("after a change of key both logs are there, each with its own checkpoint", async () => {
  const at = await site();
  await written(at, events(5));
  await at.log.close();
  const { clock, directory } = at;
  at.log = await SiteLog.open({
    ...{ directory, name: "x.example/site", build: "test", clock, rotate: true },
  });
  onTestFinished(() => at.log.close());
  await written(at, events(5));
  const log = await audit(at);
  const page = await log.page({}, undefined, 200);
  expect(page.heads.map(({ number }) => number)).toEqual([2, 1]);
  expect(prove(page).every(Boolean)).toBe(true);
  expect(await log.reader.keyOf(1)).toMatch(/^x\.example\/site\/log\/1\+/);
  expect(await log.entry({ log: 1, index: 999 })).toBeUndefined();
});
