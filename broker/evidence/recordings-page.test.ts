/** The list of recordings, a page at a time: each once, newest first, whatever is still open. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { Header } from "../../protocols/tape/record.ts";
import { TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { type Evidence, openEvidence } from "./evidence.ts";
import type { Recording, RecordingHead } from "./recordings.ts";

const COUNT = 12;
const all = () => true;

function header(n: number): Header {
  return {
    ...{ version: 1, build: "test", session: `s-${n}`, site: "north" },
    subject: { id: n % 2 === 0 ? "ada" : "ben", name: "Somebody", roles: ["engineer"] },
    asset: { id: "plc", name: "PLC", zone: "treatment" },
    endpoint: { id: "modbus", protocol: "modbus" },
    grant: {
      ...{ id: `g-${n}`, profile: "tuning", until: 1_900_000_000_000 },
      ...(n === 3 && { breakGlass: true }),
    },
    digests: { profile: "aa", plant: "bb" },
    tags: [],
    // Two of them began at once.
    startedMs: Date.UTC(2026, 0, 5, 8) + Math.floor(n / 2) * 60_000,
  };
}

async function recorded(): Promise<Evidence> {
  const evidence = await opened(temporaryFolder());
  for (let n = 0; n < COUNT; n += 1) {
    const tape = await evidence.recorder.open(header(n));
    if (n === COUNT - 1) continue;
    tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
    await tape.close();
  }
  return evidence;
}

const ids = (found: readonly Recording[]) => found.map(({ header: { session } }) => session);

test("pages follow each other without gap or repetition, and know what is open", async () => {
  const evidence = await recorded();
  const { recordings } = evidence;
  const seen: string[] = [];
  for (let after: string | undefined; ; after = seen.at(-1)) {
    const page = await recordings.page({
      ...{ limit: 5, wanted: all, ...(after !== undefined && { after }) },
    });
    seen.push(...ids(page));
    if (page.length < 5) break;
  }
  expect(new Set(seen).size).toBe(COUNT);
  expect(seen.slice(0, 2).sort()).toEqual(["s-10", "s-11"]);
  expect(seen.at(-1)).toMatch(/^s-[01]$/);
  const [first] = await recordings.page({ limit: 1, wanted: ({ session }) => session === "s-11" });
  expect(first?.state).toBe("open");
  await evidence.close();
});

test("a page is narrowed before anything is read, also by what broke the glass", async () => {
  const evidence = await recorded();
  const { recordings } = evidence;
  const by = (wanted: (head: RecordingHead) => boolean) => recordings.page({ limit: 50, wanted });
  expect(ids(await by(({ breakGlass }) => breakGlass))).toEqual(["s-3"]);
  expect(await by(({ subject }) => subject === "ben")).toHaveLength(COUNT / 2);
  expect(await by(({ grant }) => grant === "g-7")).toHaveLength(1);
  expect(await recordings.page({ limit: 5, after: "nowhere", wanted: all })).toEqual([]);
  await evidence.close();
});

const directoryOf = new WeakMap<Evidence, string>();

async function opened(directory: string): Promise<Evidence> {
  const evidence = await openEvidence({
    ...{ directory, build: "test", clock: systemClock, keys: TEST_KEYS },
  });
  directoryOf.set(evidence, directory);
  return evidence;
}

async function closedSite(): Promise<string> {
  const evidence = await recorded();
  const directory = directoryOf.get(evidence) ?? "";
  await evidence.recordings.page({ limit: 1, wanted: all });
  await evidence.close();
  return directory;
}

const catalogueOf = (directory: string) => path.join(directory, "catalogue");
const everySession = (evidence: Evidence) =>
  evidence.recordings.page({ limit: 50, wanted: all }).then((found) => ids(found).sort());

test("after a restart the catalogue answers: only what is shown is read from its folder", async () => {
  const directory = await closedSite();
  // Any folder that is read would show that its manifest is gone.
  const unread = ["s-0", "s-1", "s-2"];
  for (const id of unread) rmSync(path.join(directory, "recordings", id, "manifest.json"));
  const evidence = await opened(directory);
  const heads = await evidence.recordings.heads(all);
  expect(heads).toHaveLength(COUNT);
  expect(heads.find(({ session }) => session === "s-2")).toMatchObject({
    ...{ subject: "ada", subjectName: "Somebody", asset: "plc", zone: "treatment" },
    ...{ endpoint: "plc/modbus", profile: "tuning", state: "sealed", breakGlass: false },
  });
  expect(await everySession(evidence)).toHaveLength(COUNT - unread.length);
  await evidence.close();
});

test("a damaged, torn or missing catalogue is written anew from the folders", async () => {
  const directory = await closedSite();
  const whole = readFileSync(catalogueOf(directory), "utf8");
  expect(whole.split("\n")).toHaveLength(1 + (COUNT - 1) + 1);
  for (const damaged of [
    whole.replace('"subject":"ben"', '"subject":"bob"'),
    whole.slice(0, -10),
    whole.replace("catalogue 1", "catalogue 9"),
    "\u0000".repeat(5_000),
    "",
    undefined,
  ]) {
    if (damaged === undefined) rmSync(catalogueOf(directory));
    else writeFileSync(catalogueOf(directory), damaged);
    const evidence = await opened(directory);
    const heads = await evidence.recordings.heads(({ subject }) => subject === "ben");
    expect(heads).toHaveLength(COUNT / 2);
    await evidence.close();
    const lines = readFileSync(catalogueOf(directory), "utf8").split("\n");
    expect(lines.length).toBeGreaterThanOrEqual(COUNT + 2);
    expect(new Set(lines).size).toBe(lines.length);
  }
});

test("a catalogue of other recordings neither hides one nor shows one", async () => {
  const directory = await closedSite();
  const elsewhere = await closedSite();
  writeFileSync(catalogueOf(directory), readFileSync(catalogueOf(elsewhere)));
  const evidence = await opened(directory);
  rmSync(path.join(directory, "recordings", "s-5"), { recursive: true });
  expect(await everySession(evidence)).not.toContain("s-5");
  expect(await everySession(evidence)).toHaveLength(COUNT - 1);
  await evidence.close();
});
