import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ExportedSite, exportSite } from "../../test/kit/bundle.ts";
import { AUDITOR, TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import {
  filesOf,
  inventoryAgain,
  mayBeLeftOut,
  mutate,
  random,
  restore,
} from "../../test/kit/mutations.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { writeRangeBundle } from "../evidence/log/write-bundle.ts";
import { bundledComments } from "../evidence/viewing/comments.ts";
import type { RecordingComment } from "../store/recording-comments.ts";
import { PolicyUnreadable, PROVED, REFUSED } from "./prove-bundle.ts";
import { runVerify } from "./verify.ts";

/** A soak sets more. */
const MUTATIONS = Number(process.env.SALLYPORT_MUTATIONS ?? 500);

let folder = "";
let site: ExportedSite;
let whole = "";
let other = "";

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "sallyport-verify-"));
  site = await exportSite(folder, ["s-1", "s-2"]);
  [whole = "", other = ""] = site.bundles;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function verdictOn(bundle: string, policy = site.policyFile, json = false) {
  let printed = "";
  const out = { write: (text: string) => (printed += text) };
  const code = await runVerify({ bundle, policy, json }, out);
  return { code, printed };
}

function copyOf(bundle: string): string {
  const copy = path.join(temporaryFolder(), "bundle");
  cpSync(bundle, copy, { recursive: true });
  return copy;
}

test("an untouched bundle is proved, in one screen that says what is not", async () => {
  const { code, printed } = await verdictOn(whole);
  expect(printed).toMatch(/^PROVED\n/);
  expect(code).toBe(PROVED);
  expect(printed).toContain("session  s-1");
  expect(printed).toMatch(/seen by w1 at 20\d\d-.* UTC and w2 at/);
  expect(printed).toContain("before the session, seen by w1");
  expect(printed).toContain("Not proved\n");
  expect(printed.split("\n").length).toBeLessThan(25);
});

test("a good bundle of another session is not the one that was asked for", async () => {
  let printed = "";
  const out = { write: (text: string) => (printed += text) };
  const asked = { bundle: whole, policy: site.policyFile };
  expect(await runVerify({ ...asked, session: "s-2" }, out)).toBe(REFUSED);
  expect(printed).toContain('it proves another session than "s-2"');
  expect(await runVerify({ ...asked, session: "s-1" }, out)).toBe(PROVED);
});

test("the verdict for programs is one line of JSON", async () => {
  const { printed } = await verdictOn(whole, site.policyFile, true);
  expect(printed.trimEnd()).not.toContain("\n");
  expect(JSON.parse(printed)).toMatchObject({
    verdict: "proved",
    sessions: [{ session: "s-1", recording: "whole", state: "sealed", subject: "Ada" }],
    cosigned: [{ witness: "w1" }, { witness: "w2" }],
  });
});

test.each(["one recording", "a range"])(
  `each of ${MUTATIONS} mutations of %s is refused, also when the inventory was made to fit`,
  { timeout: 60_000 + MUTATIONS * 200 },
  async (kind) => {
    const original = kind === "a range" ? site.range : whole;
    const copy = copyOf(original);
    for (let number = 0; number < MUTATIONS; number += 1) {
      const what = mutate(copy, other, random(number * 7919));
      if (what !== undefined) {
        const { code } = await verdictOn(copy);
        expect(code, `mutation ${number}: ${what}`).toBe(REFUSED);
        if (!mayBeLeftOut(what)) {
          inventoryAgain(copy, original);
          expect((await verdictOn(copy)).code, `fitted ${number}: ${what}`).toBe(REFUSED);
        }
      }
      restore(copy, original);
    }
    expect((await verdictOn(copy)).code).toBe(PROVED);
  },
);

test("another policy's key, a missing quorum and no witness at all are told apart", async () => {
  const text = readFileSync(site.policyFile, "utf8");
  const policy = path.join(temporaryFolder(), "policy");
  writeFileSync(policy, text.replace(/^log .*$/m, text.match(/^log .*$/m)?.[0] ?? ""));
  expect((await verdictOn(whole, policy)).code).toBe(PROVED);
  writeFileSync(policy, `${text.match(/^log .*$/m)?.[0]}\nquorum none\n`);
  const unwitnessed = await verdictOn(whole, policy);
  expect(unwitnessed.code).toBe(PROVED);
  expect(unwitnessed.printed).toContain("your policy asks for no witness");
  const third = text.match(/^witness w1 (\S+)/m)?.[1] ?? "";
  const lone = text.replace(/^witness w1 .*$/m, "").replace("both all w1 w2", "both all w2");
  writeFileSync(policy, lone.replace(/^log .*$/m, `log ${third}`));
  await expect(verdictOn(whole, policy)).rejects.toThrow(PolicyUnreadable);
});

test("a bundle without one of its witnesses' signatures is refused, and says who is missing", async () => {
  const copy = copyOf(whole);
  for (const name of filesOf(copy).filter((each) => /checkpoint|tlog-proof/.test(each))) {
    const file = path.join(copy, name);
    writeFileSync(file, readFileSync(file, "utf8").replace(/^— w2 .*\n/m, ""));
  }
  inventoryAgain(copy, whole);
  const { code, printed } = await verdictOn(copy);
  expect(code).toBe(REFUSED);
  expect(printed).toContain("lacks its quorum of witnesses (cosigned by w1)");
});

test("a range is proved to be without a hole, and a removed session is missed", async () => {
  const { code, printed } = await verdictOn(site.range);
  expect(printed).toContain("sessions 2: 2 whole");
  expect(printed).toContain("None was removed");
  expect(printed.split("\n").length).toBeLessThan(25);
  expect(code).toBe(PROVED);
  const copy = copyOf(site.range);
  rmSync(path.join(copy, "recordings/s-1"), { recursive: true });
  inventoryAgain(copy, site.range);
  const removed = await verdictOn(copy);
  expect(removed.code).toBe(REFUSED);
  expect(removed.printed).toContain("neither its recording nor its tombstone");
  const inventory = readFileSync(path.join(copy, "bundle.json"), "utf8");
  writeFileSync(path.join(copy, "bundle.json"), inventory.replace('["s-1","s-2"]', '["s-2"]'));
  expect((await verdictOn(copy)).printed).toContain("does not name the sessions");
});

test("the key adds a verdict of its own, and a key that opens nothing changes no verdict", async () => {
  const [key, other] = ["key", "other"].map((name) => path.join(folder, name));
  writeFileSync(key ?? "", `# the site's\n${TEST_KEYS.identities[0]}\n`);
  writeFileSync(other ?? "", `${AUDITOR.identity}\n`);
  let printed = "";
  const out = { write: (text: string) => (printed += text) };
  const asked = { bundle: whole, policy: site.policyFile };
  expect(await runVerify({ ...asked, key }, out)).toBe(PROVED);
  expect(printed).toContain("Run again\n  - not run: s-1: nothing in it went to a guard.");
  printed = "";
  expect(await runVerify({ ...asked, key: other, json: true }, out)).toBe(PROVED);
  expect(JSON.parse(printed)).toMatchObject({ verdict: "proved", rerun: [{ verdict: "not-run" }] });
  await expect(runVerify({ ...asked, key: site.policyFile }, out)).rejects.toThrow("AGE-SECRET");
});

test("hostile bundles end in a clear refusal", async () => {
  const outside = path.join(temporaryFolder(), "secret");
  writeFileSync(outside, "secret");
  const made: [string, (bundle: string) => void][] = [
    ["not a plain file", (bundle) => linkOver(bundle, "log/checkpoint", outside)],
    ["does not belong", (bundle) => writeFileSync(path.join(bundle, "recordings/..x"), "")],
    ["does not belong", (bundle) => writeFileSync(path.join(bundle, "\u001b[2Jx"), "")],
    ["not a plain file", (bundle) => mkdirSync(path.join(bundle, "log/77.json"))],
    ["no bundle.json", (bundle) => rmSync(path.join(bundle, "bundle.json"))],
    ["too large", (bundle) => truncateSync(path.join(bundle, "log/checkpoint"), 2 ** 31)],
    ["inventory", (bundle) => writeFileSync(path.join(bundle, "bundle.json"), "[".repeat(9e5))],
    ["inventory", (bundle) => writeFileSync(path.join(bundle, "bundle.json"), "null")],
  ];
  for (const [said, make] of made) {
    const copy = copyOf(whole);
    make(copy);
    const { code, printed } = await verdictOn(copy);
    expect(code, said).toBe(REFUSED);
    expect(printed).toContain(said);
    expect(printed).not.toContain("\u001b");
  }
  expect((await verdictOn(path.join(folder, "nothing"))).printed).toContain("not a folder");
  expect((await verdictOn(site.policyFile)).code).toBe(REFUSED);
});

test("beside what never came into a recording no recording is taken for one", async () => {
  const place = path.join(temporaryFolder(), "site");
  mkdirSync(place);
  const left = { nothing: "s-8", running: "s-9" };
  const own = await exportSite(place, ["s-1"], undefined, left);
  const { code, printed } = await verdictOn(own.range, own.policyFile);
  expect(printed).toContain("sessions 3: 1 whole, 0 deleted by policy, 1 not ended, 1 without a");
  expect(code).toBe(PROVED);
  for (const session of [left.nothing, left.running]) {
    const copy = copyOf(own.range);
    const forged = path.join(copy, "recordings", session);
    cpSync(path.join(copy, "recordings/s-1"), forged, { recursive: true });
    inventoryAgain(copy, own.range);
    const found = await verdictOn(copy, own.policyFile);
    expect(found.printed).toContain(`files of a recording of ${session} are here`);
    expect(found.code).toBe(REFUSED);
  }
});

test("whose sessions a range is of is no way to say something to a terminal", async () => {
  const bundle = path.join(temporaryFolder(), "bundle");
  const asset = "\u009b2JPROVED\u202e";
  await writeRangeBundle(site.source, { scope: { asset } }, bundle);
  for (const json of [false, true]) {
    const { code, printed } = await verdictOn(bundle, site.policyFile, json);
    expect(code).toBe(PROVED);
    expect(printed).not.toMatch(/[\u0080-\u009f\u202e]/);
  }
});

function linkOver(bundle: string, name: string, target: string): void {
  rmSync(path.join(bundle, name));
  symlinkSync(target, path.join(bundle, name));
}

test("a policy that cannot be read says which line", async () => {
  const policy = path.join(temporaryFolder(), "policy");
  writeFileSync(policy, "# mine\nlog nonsense\nquorum none\n");
  await expect(verdictOn(whole, policy)).rejects.toThrow(/policy:2 write: log KEY/);
  await expect(verdictOn(whole, path.join(folder, "nowhere"))).rejects.toThrow(PolicyUnreadable);
});

/** Said on s-1; the second line is a hostile one. */
const COMMENTS: readonly RecordingComment[] = ["Who agreed?", "\x1b[2Jgone\nPROVED"].map(
  (text, at) => ({
    ...{ id: `c-${at}`, recording: "s-1", sequence: at, wallMs: 1_767_600_000_000, text },
    by: { id: "p-2", name: "Theo" },
    ...{ atMs: 1_767_700_000_000, withdrawnMs: null, withdrawnWhy: null },
  }),
);

async function commented(): Promise<string> {
  const bundle = path.join(temporaryFolder(), "bundle");
  const comments = (session: string, close: string) =>
    session === "s-1" ? bundledComments(COMMENTS, close) : "";
  await writeRangeBundle({ ...site.source, comments }, { scope: {} }, bundle);
  return bundle;
}

test("comments are listed as what they are, and change no verdict", async () => {
  const bundle = await commented();
  const { code, printed } = await verdictOn(bundle);
  expect(code).toBe(PROVED);
  expect(printed).toMatch(/^ {2}- 2026-.* Theo on 2026-.*, record 0 of s-1: "Who agreed\?"/m);
  expect(printed).toContain("[no log entry here has its digest]");
  expect(printed).not.toContain("\x1b");
  expect(printed.match(/^PROVED/gm)).toHaveLength(1);
  const { comments } = JSON.parse((await verdictOn(bundle, site.policyFile, true)).printed);
  expect(comments.list).toMatchObject([{ author: "Theo", isOfThis: true, inLog: false }, {}]);
});

test("comments that were changed are refused with the inventory, and doubted with another one", async () => {
  const bundle = await commented();
  const file = path.join(bundle, "comments/s-1.ndjson");
  const text = readFileSync(file, "utf8");
  const with_ = async (changed: string, name = file) => {
    rmSync(file);
    writeFileSync(name, changed);
    const before = (await verdictOn(bundle)).code;
    inventoryAgain(bundle, bundle);
    const { code, printed } = await verdictOn(bundle);
    rmSync(name);
    writeFileSync(file, text);
    inventoryAgain(bundle, bundle);
    return { before, code, printed };
  };
  const close = /"of":"([0-9a-f]{64})"/.exec(text)?.[1] ?? "";
  expect(await with_(text.replaceAll(close, "0".repeat(64)))).toMatchObject({
    ...{ before: REFUSED, code: PROVED },
    printed: expect.stringContaining("made on another recording"),
  });
  expect(await with_(text, path.join(bundle, "comments/s-2.ndjson"))).toMatchObject({
    ...{ before: REFUSED, code: PROVED },
    printed: expect.stringContaining("on s-2: not all of them can be read"),
  });
  const longer = text.replaceAll("Who agreed?", "x".repeat(3_000));
  const cut = ["{}\n", "[".repeat(100_000), `${text}x`, "\n".repeat(100_000), longer];
  for (const hostile of [...cut, text.repeat(2_000)]) {
    const { code, printed } = await with_(hostile);
    expect(code).toBe(PROVED);
    expect(printed).toContain("on s-1: not all of them can be read");
  }
});
