/** Who finds what, over HTTP: the rights of the list of recordings hold for each question anew. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { writePoints } from "../../../protocols/modbus/build.ts";
import type { ConsoleUser } from "../../../test/kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../../../test/kit/running-broker.ts";
import { WorkedSession } from "../../../test/kit/worked-session.ts";
import type { FoundView } from "../shapes/search.ts";
import type { SiteEventView } from "../shapes/sessions.ts";

let site: RunningBroker;
let auditor: ConsoleUser;
let other: ConsoleUser;

beforeAll(async () => {
  site = await startRunningBroker();
  auditor = await site.invite("Audra", ["auditor"]);
  other = await site.invite("Otto", ["engineer"]);
  const session = await WorkedSession.open(site.first);
  await session.ask(writePoints(1, "holding-registers", 11, [280]));
  await session.ask(writePoints(1, "holding-registers", 11, [470]));
  await session.end();
  await vi.waitUntil(async () => (await find(site.first, { terms: [] })).body.behind === 0, 10_000);
}, 60_000);
afterAll(() => site.close());

const REFUSED = { terms: [{ field: "verdict", any: ["deny"] }] };

function find(user: ConsoleUser, body: object) {
  return user.ask<FoundView>("POST", "/api/search", body);
}

test("an engineer finds the own session, with who and where", async () => {
  const { status, body } = await find(site.first, REFUSED);
  expect(status).toBe(200);
  expect(body.hits).toMatchObject([{ class: "operate", verdict: "deny", count: 1 }]);
  expect(body.recordings).toMatchObject([{ asset: { id: "plc-treatment" } }]);
  expect(body).toMatchObject({ asked: 1, behind: 0, cursor: null });
});

test("to another engineer there is nothing, and no number tells that there is more", async () => {
  const nothing = { hits: [], recordings: [], cursor: null, asked: 0, behind: 0 };
  for (const terms of [[], REFUSED.terms, [{ field: "by", any: ["First*"] }]]) {
    expect((await find(other, { terms })).body).toEqual(nothing);
  }
  const found = (await find(site.first, REFUSED)).body;
  const [recording] = found.recordings;
  expect(recording).toBeDefined();
  const place = JSON.stringify([9e15, recording?.id ?? "", 9e15, 0]);
  const cursor = Buffer.from(place).toString("base64url");
  expect((await find(other, { terms: [], cursor })).body).toEqual(nothing);
});

test("an auditor's search is noted with what was looked for, once however many pages", async () => {
  const first = await find(auditor, { ...REFUSED, limit: 1 });
  expect(first.body.hits).toHaveLength(1);
  if (first.body.cursor) await find(auditor, { ...REFUSED, cursor: first.body.cursor });
  const events = (await auditor.ask<SiteEventView[]>("GET", "/api/events")).body;
  const noted = events.filter(({ kind }) => kind === "recording:searched");
  expect(noted.map(({ text }) => text)).toEqual(["Audra searched the recordings for verdict:deny"]);
});

test("pages go on where they ended", async () => {
  const whole = (await find(site.first, { terms: [] })).body.hits;
  const pages = [];
  let cursor: string | undefined;
  do {
    const page = await find(site.first, { terms: [], limit: 3, ...(cursor && { cursor }) });
    pages.push(...page.body.hits);
    cursor = page.body.cursor ?? undefined;
  } while (cursor !== undefined);
  expect(pages).toEqual(whole);
  expect(whole.length).toBeGreaterThan(4);
});

test.each([
  { terms: [{ field: "password", any: ["x"] }] },
  { terms: [{ field: "verdict", any: ["maybe"] }] },
  { terms: [{ field: "tag", any: [] }] },
  { terms: [{ field: "tag", any: ["x".repeat(300)] }] },
  { terms: Array.from({ length: 40 }, () => ({ field: "any", any: ["x"] })) },
  { terms: [{ field: "value", any: [{ min: "1; DROP TABLE" }] }] },
  { terms: [], limit: 100_000 },
  { terms: [], cursor: "AAAA" },
  { terms: [], cursor: Buffer.from('["x",1]').toString("base64url") },
  {},
])("%j is refused", async (body) => {
  const { status } = await find(site.first, body);
  expect(status).toBe(400);
});

test("CSV comes quoted, is noted, and is refused for a text that is no search", async () => {
  const query = encodeURIComponent("class:operate");
  const csv = await site.first.ask("GET", `/api/search/csv?q=${query}`);
  const lines = csv.text.trim().split("\r\n");
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^time,until,count,recording,record,/);
  const { status, body } = await site.first.ask("GET", "/api/search/csv?q=vedict%3Adeny");
  expect([status, body.code]).toEqual([400, "search-invalid"]);
  expect((await other.ask("GET", "/api/search/csv?q=")).text.trim().split("\r\n")).toHaveLength(1);
  const events = (await auditor.ask<SiteEventView[]>("GET", "/api/events")).body;
  expect(events.map(({ kind }) => kind)).toContain("recording:search-exported");
});
