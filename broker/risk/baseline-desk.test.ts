/** Another baseline counts once an administrator has signed for exactly that one, and goes back so. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Somebody, TestIdentity } from "../../test/kit/identity.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import type { Baseline } from "../policy/risk/baseline.ts";
import { BaselineBook, baselinesOf, proposeBaseline } from "./baseline-book.ts";
import { BaselineDesk, type BaselineWanted } from "./baseline-desk.ts";

function baseline(deed: string): string {
  const usual = {
    ...{ person: "Ben", sessions: 1, deeds: [deed], hours: [8], networks: [] },
    ...{ changesPerMinute: 1, readsPerMinute: 1, refusedInARow: 0 },
  };
  const all: Baseline = {
    ...{ version: 1, sessions: 1, from: "2026-01-01", until: "2026-01-02" },
    ...{ usual: { "ben plc": usual }, values: {} },
  };
  return JSON.stringify(all);
}

async function site() {
  const identity = await TestIdentity.open();
  const ada = await identity.firstPerson();
  const folder = temporaryFolder();
  const used: string[] = [];
  const desk = () =>
    new BaselineDesk({
      ...{ clock: identity.clock, store: identity.store, named: undefined },
      signedActions: identity.identity.signedActions,
      book: BaselineBook.open(folder),
      use: ({ digest }) => used.push(digest),
    });
  const events = async () => (await identity.store.log.list()).map(({ text }) => text);
  return { ada, folder, desk, used, events };
}

async function signed(desk: BaselineDesk, who: Somebody, wanted: BaselineWanted) {
  const { text, options } = await desk.options(who.me, wanted);
  return { text, response: who.authenticator.assert(options) };
}

async function approve(desk: BaselineDesk, who: Somebody, wanted: BaselineWanted) {
  return desk.approve(who.me, wanted, await signed(desk, who, wanted));
}

const REASON = { reason: "read it" };

test("nothing counts until it is signed for; then it does, also after a restart", async () => {
  const { ada, folder, desk, used, events } = await site();
  const first = desk();
  expect([first.inForce, first.proposed()]).toEqual([undefined, undefined]);
  proposeBaseline(folder, baseline("writing A"));
  const waits = first.proposed();
  expect(waits?.changes).toMatchObject([
    {
      person: "Ben",
      adds: [
        "works there at all",
        "writing A",
        "around 8:00",
        "1 changes a minute (0)",
        "1 readings a minute (0)",
      ],
    },
  ]);
  expect(first.inForce).toBeUndefined();
  const digest = waits?.digest ?? "";
  await approve(first, ada, { version: null, digest, ...REASON });
  expect(used).toEqual([digest]);
  expect(first.proposed()).toBeUndefined();
  const again = desk();
  expect(again.inForce?.digest).toBe(digest);
  expect(again.versions()).toMatchObject([
    { number: 1, byName: "Ada", reason: "read it", back: null },
  ]);
  expect((await events())[0]).toMatch(
    /^Ada approved a new baseline: 1 sessions .*read it \(signed act/,
  );
});

test("an earlier one is put back by the same act, and all of them stay", async () => {
  const { ada, folder, desk } = await site();
  const book = desk();
  for (const deed of ["writing A", "writing B"]) {
    proposeBaseline(folder, baseline(deed));
    await approve(book, ada, { version: null, digest: book.proposed()?.digest ?? "", ...REASON });
  }
  const back = book.earlier(1);
  expect(back.changes).toMatchObject([{ adds: ["writing A"], drops: ["writing B"] }]);
  await approve(book, ada, { version: 1, digest: back.digest, reason: "too wide" });
  expect(book.inForce?.digest).toBe(back.digest);
  expect(
    desk()
      .versions()
      .map(({ number, back: of }) => [number, of]),
  ).toEqual([
    ...[
      [1, null],
      [2, null],
      [3, 1],
    ],
  ]);
});

test("what is signed is what counts: a file that was exchanged meanwhile does not", async () => {
  const { ada, folder, desk, used } = await site();
  const first = desk();
  proposeBaseline(folder, baseline("writing A"));
  const wanted = { version: null, digest: first.proposed()?.digest ?? "", ...REASON };
  const answer = await signed(first, ada, wanted);
  proposeBaseline(folder, baseline("everything"));
  await expect(first.approve(ada.me, wanted, answer)).rejects.toMatchObject({ code: "changed" });
  proposeBaseline(folder, baseline("writing A"));
  const other = await signed(first, ada, wanted);
  const changed = { ...wanted, reason: "another reason" };
  await expect(first.approve(ada.me, changed, other)).rejects.toMatchObject({ code: "changed" });
  expect(used).toEqual([]);
});

test("one that was altered on disk, or cannot be read, stops the start instead of another counting", async () => {
  const { ada, folder, desk } = await site();
  const first = desk();
  proposeBaseline(folder, baseline("writing A"));
  await approve(first, ada, { version: null, digest: first.proposed()?.digest ?? "", ...REASON });
  const kept = join(
    baselinesOf(folder),
    readdirSync(baselinesOf(folder)).find((name) => /^[0-9a-f]{64}/.test(name)) ?? "",
  );
  const text = readFileSync(kept, "utf8");
  writeFileSync(kept, text.replace("writing A", "writing Z"));
  expect(() => desk()).toThrow("was altered on disk");
  writeFileSync(kept, text);
  expect(desk().inForce).toBeDefined();
  writeFileSync(join(baselinesOf(folder), "000001.json"), "{}");
  expect(() => desk()).toThrow("is not a version of a baseline");
});

test("where a file that the settings name counts, nothing is approved", async () => {
  const { ada } = await site();
  const identity = await TestIdentity.open();
  const desk = new BaselineDesk({
    ...{ clock: identity.clock, store: identity.store, book: undefined, named: undefined },
    ...{ signedActions: identity.identity.signedActions, use: () => expect.unreachable() },
  });
  const wanted = { version: null, digest: "0".repeat(64), ...REASON };
  await expect(desk.options(ada.me, wanted)).rejects.toMatchObject({ code: "elsewhere" });
});
