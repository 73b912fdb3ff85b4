import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { LogEntryView } from "../../../broker/api/shapes/log.ts";
import { systemClock } from "../../../broker/clock.ts";
import { LogReader } from "../../../broker/evidence/audit/log-reader.ts";
import { diskVolume } from "../../../broker/evidence/disk-volume.ts";
import { SiteLog } from "../../../broker/evidence/log/site-log.ts";
import { toBase64 } from "../../../protocols/log/base64.ts";
import { TestIdentity } from "../../../test/kit/identity.ts";
import {
  checkAct,
  checkEntry,
  checkHead,
  isContinued,
  policyProblem,
  type Trust,
  trustOf,
} from "./check-log.ts";

async function site(leaves: number) {
  const folder = mkdtempSync(path.join(tmpdir(), "sallyport-check-"));
  const directory = path.join(folder, "site-log");
  const options = { directory, name: "x.example/site", build: "test", clock: systemClock };
  const log = await SiteLog.open(options);
  onTestFinished(async () => {
    await log.close();
    rmSync(folder, { recursive: true });
  });
  for (let at = 0; at < leaves; at += 1) await log.append({ kind: "event", text: `n${at}` });
  await log.publish();
  const reader = new LogReader(diskVolume, directory);
  const head = await reader.head(1);
  if (!head) throw new Error("there is no checkpoint");
  return { log, reader, head };
}

async function entryOf({ reader, head }: Awaited<ReturnType<typeof site>>, index: number) {
  const [read] = await reader.entries(head, [index]);
  const entry = new TextDecoder().decode(read?.bytes);
  const proof = read?.proof.map(toBase64) ?? [];
  return { id: `1-${index}`, log: 1, index, entry, proof, problem: null } satisfies LogEntryView;
}

const trusting = (key: string): Trust => {
  const trust = trustOf(null, [key], null);
  if (!trust) throw new Error("the key is none");
  return trust;
};

test("an entry of the log is proved, any other text or place is not", async () => {
  const at = await site(40);
  const head = await checkHead(at.head.note, trusting(at.log.key));
  const entry = await entryOf(at, 17);
  expect(checkEntry(entry, head).kind).toBe("proved");
  const misfit = { kind: "bad", reason: "misfit" };
  expect(checkEntry({ ...entry, entry: entry.entry.replace("n1", "n2") }, head)).toMatchObject(
    misfit,
  );
  expect(checkEntry({ ...entry, index: 18 }, head)).toMatchObject(misfit);
  expect(checkEntry({ ...entry, proof: entry.proof.slice(1) }, head)).toMatchObject(misfit);
  expect(checkEntry({ ...entry, proof: ["?", ...entry.proof] }, head)).toMatchObject(misfit);
  expect(checkEntry({ ...entry, entry: null } as LogEntryView, head)).toMatchObject({
    reason: "missing",
  });
  expect(checkEntry(entry, undefined)).toMatchObject({ reason: "head" });
});

test("a checkpoint counts only if the trusted key has signed exactly it", async () => {
  const one = await site(3);
  const other = await site(3);
  const trust = trusting(one.log.key);
  expect((await checkHead(one.head.note, trust)).kind).toBe("good");
  expect((await checkHead(other.head.note, trust)).kind).toBe("bad");
  const larger = one.head.note.replace("\n5\n", "\n6\n");
  expect((await checkHead(larger, trust)).kind).toBe("bad");
  expect((await checkHead("nonsense", trust)).kind).toBe("bad");
});

test("a log that only grew is continued, and no other", async () => {
  const at = await site(10);
  const before = at.log.checkpoint;
  await at.log.append({ kind: "event", text: "more" });
  await at.log.publish();
  const now = at.log.checkpoint;
  const hashes = (await at.reader.consistency(1, before.size, now.size)).map(toBase64);
  expect(isContinued(before, now, hashes)).toBe(true);
  expect(isContinued({ ...before, root: now.root }, now, hashes)).toBe(false);
  expect(isContinued({ ...before, size: before.size - 1 }, now, hashes)).toBe(false);
  expect(isContinued(before, now, hashes.slice(1))).toBe(false);
});

test("an own policy counts before what the broker says, a broken one is told with its line", () => {
  expect(trustOf(null, [], null)).toBeUndefined();
  expect(trustOf("quorum none\n", ["nonsense"], null)).toMatchObject({ from: "own" });
  expect(policyProblem("quorum none\n")).toBeUndefined();
  expect(policyProblem("log x\nquorum none\n")).toMatch(/^1: /);
});

test.each(["P-256", "Ed25519", "RSA"] as const)(
  "an act signed with a %s passkey is checked by the browser's own cryptography",
  async (kind) => {
    const identity = await TestIdentity.open();
    const { me, authenticator } = await identity.firstPerson(kind);
    const { signedActions } = identity.identity;
    const { text, options } = await signedActions.options(me, "request", { request: "r1" });
    const response = authenticator.assert(options);
    const { action } = await signedActions.prove(me, "request", { text, response });
    const leaf = (change: object) =>
      JSON.stringify(
        Object.fromEntries(
          Object.entries({ ...action, kind: "action.signed", ...change }).sort(([a], [b]) =>
            a < b ? -1 : 1,
          ),
        ),
      );
    expect(await checkAct(leaf({}))).toBe(true);
    expect(await checkAct(leaf({ text: `${text} ` }))).toMatch(/not the text/);
    const broken = Buffer.from(action.signature, "base64url");
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
    expect(await checkAct(leaf({ signature: broken.toString("base64url") }))).toMatch(
      /does not hold/,
    );
    expect(await checkAct('{"kind":"heartbeat"}')).toBeUndefined();
  },
);
