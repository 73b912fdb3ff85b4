import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canonicalJson } from "../../protocols/log/canonical-json.ts";
import { type ExportedSite, exportSite } from "../../test/kit/bundle.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { sha256Hex } from "../evidence/log/sha256.ts";
import { PolicyUnreadable, PROVED, REFUSED, runVerify } from "./verify.ts";

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
  const code = await runVerify(bundle, policy, json, out);
  return { code, printed };
}

function copyOf(bundle: string): string {
  const copy = path.join(temporaryFolder(), "bundle");
  cpSync(bundle, copy, { recursive: true });
  return copy;
}

function filesOf(bundle: string, inside = ""): string[] {
  return readdirSync(path.join(bundle, inside)).flatMap((name) => {
    const file = path.join(inside, name);
    return statSync(path.join(bundle, file)).isDirectory() ? filesOf(bundle, file) : [file];
  });
}

/** What a forger would do too: the inventory fits the files again. */
function inventoryAgain(bundle: string): void {
  const old = JSON.parse(readFileSync(path.join(whole, "bundle.json"), "utf8"));
  const names = filesOf(bundle).filter((name) => name !== "bundle.json");
  const files = Object.fromEntries(
    names.map((name) => [name, sha256Hex(readFileSync(path.join(bundle, name)))]),
  );
  writeFileSync(path.join(bundle, "bundle.json"), canonicalJson({ ...old, files }));
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

test("the verdict for programs is one line of JSON", async () => {
  const { printed } = await verdictOn(whole, site.policyFile, true);
  expect(printed.trimEnd()).not.toContain("\n");
  expect(JSON.parse(printed)).toMatchObject({
    verdict: "proved",
    session: "s-1",
    state: "sealed",
    subject: "Ada",
    cosigned: [{ witness: "w1" }, { witness: "w2" }],
  });
});

/** Only what differs: copying the whole bundle each time would be most of the test. */
function restore(copy: string): void {
  const files = filesOf(whole);
  for (const name of filesOf(copy)) if (!files.includes(name)) rmSync(path.join(copy, name));
  for (const name of files) {
    const [from, to] = [path.join(whole, name), path.join(copy, name)];
    if (!existsSync(to) || !readFileSync(to).equals(readFileSync(from))) cpSync(from, to);
  }
}

/** Small, repeatable: a failing mutation can be found again by its number. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const KINDS = ["flip", "insert", "delete", "truncate", "remove", "swap", "duplicate", "foreign"];

/** Changes one thing; answers what, or undefined where nothing would be different. */
function mutate(bundle: string, pick: (below: number) => number): string | undefined {
  const files = filesOf(bundle);
  const name = files[pick(files.length)] ?? "";
  const kind = KINDS[pick(KINDS.length)] ?? "";
  const file = path.join(bundle, name);
  const before = readFileSync(file);
  const at = pick(Math.max(1, before.length));
  if (kind === "flip") {
    const after = Buffer.from(before);
    after[at] = (after[at] ?? 0) ^ (1 << pick(8));
    writeFileSync(file, after);
  } else if (kind === "insert") {
    const piece = Buffer.from([pick(256)]);
    writeFileSync(file, Buffer.concat([before.subarray(0, at), piece, before.subarray(at)]));
  } else if (kind === "delete") {
    writeFileSync(file, Buffer.concat([before.subarray(0, at), before.subarray(at + 1)]));
  } else if (kind === "truncate") truncateSync(file, at);
  else if (kind === "remove") rmSync(file);
  else if (kind === "swap") {
    const second = path.join(bundle, files[pick(files.length)] ?? "");
    if (readFileSync(second).equals(before)) return undefined;
    renameSync(second, `${second}.x`);
    renameSync(file, second);
    renameSync(`${second}.x`, file);
  } else if (kind === "duplicate") {
    const copy = path.join(path.dirname(file), `9${path.basename(file)}`);
    writeFileSync(copy, before);
  } else {
    const foreign = filesOf(other).filter((each) => path.dirname(each) === path.dirname(name));
    const piece = readFileSync(path.join(other, foreign[pick(foreign.length)] ?? ""));
    if (piece.equals(before)) return undefined;
    writeFileSync(file, piece);
  }
  return `${kind} ${name} at ${at}`;
}

test(`each of ${MUTATIONS} mutations is refused, also when the inventory was made to fit`, {
  timeout: 60_000 + MUTATIONS * 200,
}, async () => {
  const copy = copyOf(whole);
  for (let number = 0; number < MUTATIONS; number += 1) {
    const what = mutate(copy, random(number * 7919));
    if (what !== undefined) {
      const { code } = await verdictOn(copy);
      expect(code, `mutation ${number}: ${what}`).toBe(REFUSED);
      // The earlier checkpoint may be left out by whoever makes a bundle: less is proved then.
      if (!/ (bundle\.json|log\/earlier) /.test(what)) {
        inventoryAgain(copy);
        expect((await verdictOn(copy)).code, `fitted ${number}: ${what}`).toBe(REFUSED);
      }
    }
    restore(copy);
  }
  expect((await verdictOn(copy)).code).toBe(PROVED);
});

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
  inventoryAgain(copy);
  const { code, printed } = await verdictOn(copy);
  expect(code).toBe(REFUSED);
  expect(printed).toContain("lacks its quorum of witnesses (cosigned by w1)");
});

test("hostile bundles end in a clear refusal", async () => {
  const outside = path.join(temporaryFolder(), "secret");
  writeFileSync(outside, "secret");
  const made: [string, (bundle: string) => void][] = [
    ["not a plain file", (bundle) => linkOver(bundle, "log/checkpoint", outside)],
    ["does not belong", (bundle) => writeFileSync(path.join(bundle, "recording/..x"), "")],
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
