/** The list of recordings, a page at a time: each once, newest first, whatever is still open. */
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
  const directory = temporaryFolder();
  const evidence = await openEvidence({
    ...{ directory, build: "test", clock: systemClock, keys: TEST_KEYS },
  });
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
