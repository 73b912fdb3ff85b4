/** What the log keeps of recordings that are still open, and what it catches. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { formatProgress, parseProgress, progressTree } from "../../../protocols/log/progress.ts";
import { TEST_KEYS } from "../../../test/kit/evidence-keys.ts";
import { testHeader } from "../../../test/kit/tape-header.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { runVerify } from "../../cli/verify.ts";
import { systemClock } from "../../clock.ts";
import { openEvidence } from "../evidence.ts";
import type { TapeWriter } from "../recorder.ts";
import { LogBook } from "./log-book.ts";
import { addLeaf } from "./progress-leaves.ts";
import { sha256 } from "./sha256.ts";
import { writeBundle } from "./write-bundle.ts";

async function begun() {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, "evidence"));
  const evidence = await openEvidence({
    directory: path.join(folder, "evidence"),
    ...{ keys: TEST_KEYS, build: "test", clock: systemClock, limits: { segmentBytes: 600 } },
  });
  const recordings = path.join(folder, "evidence/recordings");
  const directory = path.join(folder, "log");
  const names = { name: "t", build: "test" };
  const book = await LogBook.open({ directory, recordings, ...names, clock: systemClock });
  onTestFinished(async () => {
    await book.close();
    await evidence.close();
  });
  const open = async (session: string) => {
    const header = testHeader(session);
    const tape = await evidence.recorder.open(header);
    await book.openSession(header);
    return tape;
  };
  const end = async (tape: TapeWriter, session: string) => {
    tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
    await tape.close();
    book.closeSession(session);
    await book.siteLog?.publish();
  };
  return { folder, evidence, recordings, directory, book, open, end };
}

type Site = Awaited<ReturnType<typeof begun>>;

async function record(tape: TapeWriter, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const bytes = new Uint8Array(24).map((_, at) => (n * 31 + at * 17) & 0xff);
    tape.append({ kind: "bytes", channel: 1, from: "client", bytes });
  }
  await new Promise((resolve) => tape.whenDurable(resolve));
}

async function verdictOn({ folder, recordings, directory, book }: Site, session: string) {
  // The close of the session is noted beside the test.
  await expect.poll(() => book.isLive(session)).toBe(false);
  const out = path.join(folder, "bundle.zip");
  const source = { recordings, siteLog: directory };
  await expect.poll(() => writeBundle(source, session, out).then(() => true, String)).toBe(true);
  const policy = path.join(folder, "policy");
  writeFileSync(policy, `log ${book.siteLog?.key}\nquorum none\n`);
  const key = path.join(folder, "key");
  writeFileSync(key, `${TEST_KEYS.identities[0]}\n`);
  let printed = "";
  const print = { write: (text: string) => (printed += text) };
  const without = await runVerify({ bundle: out, policy }, print);
  const withKey = await runVerify({ bundle: out, policy, key }, print);
  return { without, withKey, printed };
}

/** What the log keeps of s-1. */
function linesOf({ recordings }: Site) {
  const file = path.join(recordings, "s-1/progress");
  return existsSync(file)
    ? readFileSync(file, "utf8").trimEnd().split("\n").map(parseProgress)
    : [];
}

/**
 * Leaves until the newest of s-1 is newer. The sealing thread hears of what is durable a little
 * later: what it did not know of yet stands in the next leaf.
 */
async function grown(site: Site) {
  const before = linesOf(site).length;
  await expect
    .poll(async () => {
      await addLeaf(site);
      return linesOf(site).length;
    })
    .toBeGreaterThan(before);
  await expect.poll(() => addLeaf(site)).toBeUndefined();
}

test("one leaf for all recordings that grew, none where nothing did, and each is in the bundle", async () => {
  const site = await begun();
  const [one, two] = [await site.open("s-1"), await site.open("s-2")];
  await grown(site);
  expect(await addLeaf(site)).toBeUndefined();
  await record(one, 60);
  await grown(site);
  expect(linesOf(site).at(-1)?.of).toBe(1);
  await record(one, 60);
  await record(two, 3);
  await grown(site);
  await site.end(one, "s-1");
  const lines = linesOf(site);
  expect(lines.at(-1)?.index).toBeLessThan(site.book.siteLog?.size ?? 0);
  expect(lines.at(-1)?.member).toMatchObject({ session: "s-1" });
  expect(lines.at(-1)?.member.segments).toBeGreaterThanOrEqual(1);
  const { without, withKey, printed } = await verdictOn(site, "s-1");
  expect([without, withKey]).toEqual([0, 0]);
  expect(printed).toContain(`the log fixed it ${lines.length} times`);
  await site.end(two, "s-2");
});

test("a session whose beginning is not in the log yet waits for the next leaf", async () => {
  const { book, evidence, open, end } = await begun();
  const early = await evidence.recorder.open(testHeader("s-early"));
  expect(await addLeaf({ book, evidence })).toBeUndefined();
  const tape = await open("s-1");
  await expect.poll(() => addLeaf({ book, evidence })).toBeDefined();
  await end(tape, "s-1");
  await early.close();
});

test("a recording other than the log saw is refused: its segments at once, its tail with the key", async () => {
  for (const part of ["root", "tail"] as const) {
    const site = await begun();
    const { book, evidence } = site;
    const tape = await site.open("s-1");
    await record(tape, 60);
    let members = await evidence.progress();
    await expect
      .poll(async () => {
        if (members.length === 0) members = await evidence.progress();
        return members.length;
      })
      .toBe(1);
    const seen = members.map((member) => ({ ...member, [part]: "ab".repeat(32) }));
    const { root, lines } = progressTree(seen, sha256);
    const log = book.siteLog;
    const leaf = await log?.append({ kind: "recordings.progress", root, sessions: seen.length });
    evidence.keepProgress(
      lines.map((line) => ({
        session: "s-1",
        line: formatProgress({ ...line, index: leaf?.index ?? 0 }),
      })),
    );
    await site.end(tape, "s-1");
    const { without, withKey, printed } = await verdictOn(site, "s-1");
    expect([without, withKey], printed).toEqual(part === "root" ? [1, 1] : [0, 1]);
    expect(printed).toMatch(part === "root" ? /saw while they were/ : /begin as the log saw/);
  }
});
