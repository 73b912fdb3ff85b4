/**
 * Bundles judged by two programs that share no code with ours: Python with openssl, and Go with
 * the packages that Debian has. They prove what we prove and refuse what we refuse. Starting them
 * for each mutation takes the seconds.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { runVerify } from "../../broker/cli/verify.ts";
import { writeBundle, writeRangeBundle } from "../../broker/evidence/log/write-bundle.ts";
import { type ExportedSite, exportSite } from "../kit/bundle.ts";
import { runProgram } from "../kit/child.ts";
import { deleteByPolicy } from "../kit/deleted-recording.ts";
import { buildGoVerifier, GO_NEEDS, type GoVerifier } from "../kit/go-verifier.ts";
import {
  filesOf,
  inventoryAgain,
  mayBeLeftOut,
  mutate,
  random,
  restore,
} from "../kit/mutations.ts";
import { testWith } from "../kit/programs.ts";

/** A soak sets more. */
const MUTATIONS = Number(process.env.SALLYPORT_MUTATIONS ?? 500);
const PYTHON = path.resolve(import.meta.dirname, "../../deploy/evidence/verify-bundle.py");
const BUILD_MS = 240_000;

const byPython = testWith(["python3", "openssl"]);
const byGo = testWith(GO_NEEDS);

let folder = "";
let site: ExportedSite;
let go: Promise<GoVerifier> | undefined;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "sallyport-foreign-"));
  site = await exportSite(folder, ["s-1", "s-2"]);
});

afterAll(async () => {
  (await go)?.remove();
  rmSync(folder, { recursive: true, force: true });
});

function judgedByPython(bundle: string) {
  return runProgram("python3", [PYTHON, bundle, site.policyFile]);
}

async function judgedByGo(bundle: string) {
  go ??= buildGoVerifier();
  const { program } = await go;
  return runProgram(program, [bundle, site.policyFile]);
}

function ours(bundle: string): Promise<number> {
  return runVerify({ bundle, policy: site.policyFile }, { write: () => {} });
}

async function bundles(): Promise<readonly string[]> {
  const [one, all] = [path.join(folder, "one.zip"), path.join(folder, "all.zip")];
  rmSync(one, { force: true });
  rmSync(all, { force: true });
  await writeBundle(site.source, "s-1", one);
  const comments = (session: string) => `{"comment":"on ${session}"}\n`;
  await writeRangeBundle({ ...site.source, comments }, { scope: { person: "p-1" } }, all);
  return [...site.bundles, site.range, one, all];
}

byPython("Python proves the bundles that ours proves, in zips and folders", async () => {
  for (const bundle of await bundles()) {
    const { code, output } = await judgedByPython(bundle);
    expect(output, bundle).toMatch(/^PROVED: [12] sessions/);
    expect(output).toContain("cosigned by w1, w2");
    expect(code).toBe(0);
  }
});

byGo(
  "Go proves the bundles that ours proves, in zips and folders",
  { timeout: BUILD_MS },
  async () => {
    for (const bundle of await bundles()) {
      const { code, output } = await judgedByGo(bundle);
      expect(output, bundle).toMatch(/^PROVED: [12] sessions/);
      expect(output).toContain("cosigned by w1, w2");
      expect(code).toBe(0);
    }
  },
);

byPython("Python refuses a bundle in which any one file was changed, as ours does", async () => {
  const [whole = "", other = ""] = site.bundles;
  for (const name of filesOf(whole)) {
    const copy = path.join(folder, "copy");
    cpSync(whole, copy, { recursive: true });
    const file = path.join(copy, name);
    const bytes = readFileSync(file);
    const at = bytes.length >> 1;
    bytes[at] = (bytes[at] ?? 0) ^ 4;
    writeFileSync(file, bytes);
    expect((await judgedByPython(copy)).code, name).toBe(1);
    expect(await ours(copy), name).toBe(1);
    rmSync(copy, { recursive: true });
  }
  const moved = path.join(folder, "moved");
  cpSync(whole, moved, { recursive: true });
  const [from, to] = [path.join(other, "recordings/s-2"), path.join(moved, "recordings/s-1")];
  cpSync(from, to, { recursive: true });
  inventoryAgain(moved, whole);
  expect((await judgedByPython(moved)).code).toBe(1);
});

byGo(
  `each of ${MUTATIONS} mutations of a recording and of a range is refused by ours and by Go alike`,
  { timeout: BUILD_MS + MUTATIONS * 400 },
  async () => {
    const [whole = "", other = ""] = site.bundles;
    for (const original of [whole, site.range]) {
      const copy = path.join(folder, "mutated");
      cpSync(original, copy, { recursive: true });
      for (let number = 0; number < MUTATIONS; number += 1) {
        const what = mutate(copy, other, random(number * 7919));
        if (what !== undefined) {
          await bothRefuse(copy, `mutation ${number}: ${what}`);
          if (!mayBeLeftOut(what)) {
            inventoryAgain(copy, original);
            await bothRefuse(copy, `fitted ${number}: ${what}`);
          }
        }
        restore(copy, original);
      }
      expect([await ours(copy), (await judgedByGo(copy)).code]).toEqual([0, 0]);
      rmSync(copy, { recursive: true });
    }
  },
);

/** Of a recording that the policy deleted: what it leaves, and what a forger makes of it. */
async function forgedDeletions(): Promise<readonly (readonly [why: string, bundle: string])[]> {
  const place = path.join(folder, "deleted");
  mkdirSync(place);
  const left = { nothing: "s-8", running: "s-9" };
  const own = await exportSite(place, ["s-1", "s-2"], undefined, left);
  const whole = await deleteByPolicy(own, ["s-2"], path.join(place, "range"));
  const policy = own.policyFile;
  writeFileSync(policy, readFileSync(policy, "utf8").replace("quorum both", "quorum none"));
  const forge = (why: string, change: (at: (name: string) => string) => void) => {
    const copy = path.join(place, why);
    cpSync(whole, copy, { recursive: true });
    change((name) => path.join(copy, "recordings", name));
    inventoryAgain(copy, whole);
    return [why, copy] as const;
  };
  const stone = "s-1/tombstone.json";
  return [
    ["", whole],
    forge("another day", (at) => {
      const said = JSON.parse(readFileSync(at(stone), "utf8"));
      const text = `${JSON.stringify({ ...said, deletedMs: said.deletedMs + 1 }, undefined, 2)}\n`;
      writeFileSync(at(stone), text);
    }),
    forge("one that recorded nothing", (at) => cpSync(at("s-2"), at("s-8"), { recursive: true })),
    forge("no tombstone", (at) => rmSync(at(stone))),
    forge("more of it", (at) => {
      mkdirSync(at("s-1/segments"));
      cpSync(at("s-2/segments/0.seg"), at("s-1/segments/0.seg"));
    }),
    forge("one that the log does not know", (at) => {
      const { root, segments, records, bytes } = JSON.parse(
        readFileSync(at("s-2/close.json"), "utf8"),
      );
      const said = JSON.parse(readFileSync(at(stone), "utf8"));
      const made = { ...said, session: "s-2", segments, records, bytes, root };
      writeFileSync(at("s-2/tombstone.json"), JSON.stringify(made));
      for (const name of ["segments", "index", "progress"]) {
        rmSync(at(`s-2/${name}`), { recursive: true, force: true });
      }
    }),
  ];
}

byGo(
  "a deletion is proved by the tombstone that the log tells of, and by no other, alike by all three",
  { timeout: BUILD_MS },
  async () => {
    const policy = path.join(folder, "deleted/policy");
    go ??= buildGoVerifier();
    const { program } = await go;
    for (const [why, bundle] of await forgedDeletions()) {
      const expected = why === "" ? 0 : 1;
      const verdicts = [
        await runVerify({ bundle, policy }, { write: () => {} }),
        (await runProgram(program, [bundle, policy])).code,
        (await runProgram("python3", [PYTHON, bundle, policy])).code,
      ];
      expect(verdicts, why).toEqual([expected, expected, expected]);
    }
  },
);

async function bothRefuse(bundle: string, what: string): Promise<void> {
  const [own, foreign] = await Promise.all([ours(bundle), judgedByGo(bundle)]);
  expect([own, foreign.code], `${what}: ${foreign.output}`).toEqual([1, 1]);
}
