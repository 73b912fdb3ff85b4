/** Rules that answer findings: who is stopped, who lets them go on, and what happens unanswered. */
import { expect, onTestFinished, test } from "vitest";
import { CutSite } from "../../test/kit/cut-site.ts";
import { fromHex } from "../../test/kit/hex.ts";
import type { Somebody } from "../../test/kit/identity.ts";
import type { KitSession } from "../../test/kit/session-kit.ts";
import { BrowserLeg } from "../legs/browser-leg.ts";
import { type Baseline, usualKey } from "../policy/risk/baseline.ts";
import { listSignals } from "../store/signals.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import type { ResponseAnswer } from "./response.ts";
import { ResponseDesk } from "./response-desk.ts";
import { RiskDesk } from "./risk-desk.ts";

const WRITE = fromHex("0002 0000 0006 01 06 0064 07d0");
const AGAIN = fromHex("0003 0000 0006 01 06 0064 07d1");
const NEW_THING = fromHex("0004 0000 0006 01 06 0065 07d1");

interface Site {
  readonly cut: CutSite;
  readonly desk: RiskDesk;
  readonly responses: ResponseDesk;
  readonly noted: NewSiteEvent[];
  readonly failures: unknown[];
}

async function opened(rule: string): Promise<Site> {
  const cut = await CutSite.open();
  const { demands } = cut;
  if (!demands) throw new Error("a site has demands");
  cut.changeConditions({ "grants:": `responses:\n  - { ${rule} }\ngrants:` });
  const { clock, store, identity } = cut.site;
  const noted: NewSiteEvent[] = [];
  const failures: unknown[] = [];
  const responses = new ResponseDesk({
    ...{ clock, store, plant: cut.plant, signedActions: identity.signedActions },
    changed: () => {},
    note: (event) => noted.push(event),
    failed: (error) => failures.push(error),
  });
  const desk = new RiskDesk({
    ...{ clock, store, demands, plant: cut.plant, baseline: baselineOf(cut), enforced: false },
    ...{ responses, hourAt: () => 8, failed: (error) => failures.push(error) },
  });
  onTestFinished(() => {
    desk.close();
    responses.close();
  });
  cut.hooks.onJudged = (...judged) => desk.judged(...judged);
  return { cut, desk, responses, noted, failures };
}

/** Ben has been there and has never changed anything. */
function baselineOf({ ben }: CutSite): Baseline {
  const usual = {
    ...{ person: "Ben", sessions: 9, deeds: [], hours: [8], networks: ["192.0.2.0/24"] },
    ...{ changesPerMinute: 4, readsPerMinute: 60, refusedInARow: 0, exceptionsPerMinute: 0 },
  };
  return {
    ...{ version: 1, sessions: 9, from: "2026-01-01", until: "2026-01-04", values: {} },
    usual: { [usualKey(ben.me.person.id, "plc")]: usual },
  };
}

async function worked({ cut, desk }: Site) {
  const session = await cut.session();
  desk.opened(session.live);
  void session.live.closed.then(() => desk.ended(session.live.claims.session));
  const leg = new BrowserLeg({ creditBytes: 262_144, send: () => {} });
  await session.live.attach(leg, "a browser");
  onTestFinished(() => void session.live.end({ rule: "cut", reason: "the test is over" }));
  return { session, send: (bytes: Uint8Array) => leg.received(bytes) };
}

/** Values that the asset was told to take. */
function written({ second }: KitSession): readonly number[] {
  return second.written.filter((frame) => frame[7] === 6).map((frame) => frame[11] ?? 0);
}

async function stopped(site: Site) {
  const now = await worked(site);
  const { cut } = site;
  cut.kit.volume.hold();
  now.send(WRITE);
  await cut.kit.until(() => site.responses.list().length === 1, "the finding");
  cut.kit.volume.release();
  expect(now.session.live.capabilities.has("operate")).toBe(false);
  // The story is kept behind it.
  await expect.poll(() => story(site)).toBeDefined();
  const [response] = site.responses.list();
  if (!response) throw new Error("nothing waits");
  return { ...now, response };
}

async function answered({ responses }: Site, who: Somebody, id: string, answer: ResponseAnswer) {
  const { text, options } = await responses.options(who.me, id, answer);
  const response = who.authenticator.assert(options);
  return responses.answer(who.me, id, { ...answer, text, response });
}

async function story({ cut }: Site) {
  const [first] = await listSignals(cut.site.store.queries, 10);
  return first;
}

async function events({ cut, noted }: Site): Promise<readonly string[]> {
  const kept = await cut.site.store.log.list();
  return [...noted.map(({ kind }) => kind), ...kept.map(({ kind }) => kind)].filter((kind) =>
    kind.startsWith("response:"),
  );
}

const STAY = "id: odd, findings: [first-operation], answer-within: 2m, unanswered: stay";
const RESUME: ResponseAnswer = { answer: "resume", reason: "I told him to" };

test("the change that led to it never reaches the asset, and a signature of somebody else lets it go on", async () => {
  const site = await opened(STAY);
  const { session, send, response } = await stopped(site);
  expect(response).toMatchObject({
    ...{ rule: { id: "odd" }, person: { name: "Ben" }, asset: { id: "plc" }, more: 0 },
    ...{ sentence: expect.stringContaining("Ben"), sequence: expect.any(Number), overdue: false },
  });
  const unmet = session.live.conditions.find(({ name }) => name.startsWith("finding"))?.unmet;
  expect(unmet).toMatchObject({ rule: "response odd", reason: expect.stringContaining("Ben") });
  send(AGAIN);
  await site.cut.kit.until(() => session.ofKind("verdict").length === 2, "the refusal");
  expect(written(session)).toEqual([]);

  const { sue, ben } = site.cut;
  await expect(answered(site, ben, response.id, RESUME)).rejects.toMatchObject({ code: "own" });
  await answered(site, sue, response.id, RESUME);
  expect(session.live.capabilities.has("operate")).toBe(true);
  send(AGAIN);
  await site.cut.kit.until(() => written(session).length === 1, "the write");
  expect(written(session)).toEqual([0xd1]);
  expect(await events(site)).toEqual(["response:asked", "response:resumed"]);
  const told = await story(site);
  expect(told?.decision).toContain("it stands still and a supervisor is asked (rule odd)");
  expect(told?.effects).toMatchObject([
    { sequence: expect.any(Number) },
    { text: expect.stringMatching(/^Sue let go on .*I told him to.*signed act/) },
  ]);
  expect(session.ofKind("capabilities").at(-1)?.cause).toBe("Sue: I told him to");
  expect(site.responses.list()).toEqual([]);
  await expect(answered(site, sue, response.id, RESUME)).rejects.toMatchObject({
    code: "not-found",
  });
  expect(site.failures).toEqual([]);
});

test("to end it ends every session of the person on the asset, also one that was opened since", async () => {
  const site = await opened(STAY);
  const first = await stopped(site);
  const second = await worked(site);
  expect(second.session.live.capabilities.has("operate")).toBe(false);
  expect(site.responses.list()[0]?.sessions).toHaveLength(2);
  await answered(site, site.cut.sue, first.response.id, { answer: "end", reason: "not him" });
  for (const { session } of [first, second]) {
    expect(await session.live.closed).toMatchObject({
      rule: "response odd",
      reason: "Sue: not him",
    });
  }
  expect(await events(site)).toEqual(["response:asked", "response:ended"]);
});

test("what was signed for is what is answered: neither another answer nor other sessions", async () => {
  const site = await opened(STAY);
  const { response, session } = await stopped(site);
  const { sue } = site.cut;
  const { text, options } = await site.responses.options(sue.me, response.id, RESUME);
  const signed = { text, response: sue.authenticator.assert(options) };
  const other = { answer: "end", reason: RESUME.reason } as const;
  await expect(
    site.responses.answer(sue.me, response.id, { ...other, ...signed }),
  ).rejects.toMatchObject({ code: "changed" });
  const again = await site.responses.options(sue.me, response.id, RESUME);
  await worked(site);
  await expect(
    site.responses.answer(sue.me, response.id, {
      ...{ ...RESUME, text: again.text, response: sue.authenticator.assert(again.options) },
    }),
  ).rejects.toMatchObject({ code: "changed" });
  expect(session.live.capabilities.has("operate")).toBe(false);
});

test("who ends the session and begins another is still asked about", async () => {
  const site = await opened(STAY);
  const { session, response } = await stopped(site);
  session.live.end({ rule: "owner-ended", reason: "enough" });
  await session.live.closed;
  const next = await worked(site);
  expect(next.session.live.capabilities.has("operate")).toBe(false);
  await answered(site, site.cut.sue, response.id, RESUME);
  expect(next.session.live.capabilities.has("operate")).toBe(true);
});

test.each([
  ["stay", false, true],
  ["release", true, true],
  ["end", false, false],
] as const)(
  "nobody answers: %s is what the rule says, and it is told",
  async (unanswered, operates, lives) => {
    const site = await opened(STAY.replace("stay", unanswered));
    const { session } = await stopped(site);
    site.cut.site.clock.advance(110_000);
    session.live.activity();
    expect(session.live.capabilities.has("operate")).toBe(false);
    site.cut.site.clock.advance(11_000);
    await expect.poll(() => events(site)).toEqual(["response:asked", "response:unanswered"]);
    await expect.poll(() => session.live.capabilities.has("operate")).toBe(operates);
    expect(session.events.some(({ kind }) => kind === "end")).toBe(!lives);
    await expect.poll(() => site.responses.list().length).toBe(unanswered === "stay" ? 1 : 0);
    expect((await story(site))?.effects).toHaveLength(2);
    if (unanswered !== "stay") return;
    expect(site.responses.list()[0]?.overdue).toBe(true);
    session.live.end({ rule: "owner-ended", reason: "enough" });
    await expect.poll(() => site.responses.list()).toEqual([]);
    expect(await events(site)).toContain("response:over");
  },
);

test("a trial says what it would have done and stops nobody", async () => {
  const site = await opened(`${STAY}, trial: true`);
  const { session, send } = await worked(site);
  send(WRITE);
  await site.cut.kit.until(() => written(session).length === 1, "the write");
  await expect.poll(async () => (await story(site))?.decision).toContain("would have stopped it");
  expect(site.responses.list()).toEqual([]);
});

test("a rule for another zone or another kind of finding does nothing", async () => {
  const site = await opened(STAY.replace("first-operation", "network, value"));
  const { session, send } = await worked(site);
  send(WRITE);
  await site.cut.kit.until(() => written(session).length === 1, "the write");
  await expect.poll(async () => (await story(site))?.decision).toBe("told, and nothing asked");
});

test("a second finding asks nobody twice", async () => {
  const site = await opened(STAY);
  const now = await stopped(site);
  await answered(site, site.cut.sue, now.response.id, RESUME);
  now.send(NEW_THING);
  await site.cut.kit.until(() => site.responses.list().length === 1, "the next finding");
  now.send(WRITE);
  const { session } = now.response;
  const found = { id: "x", kind: "first-operation", sentence: "s", sequence: undefined } as const;
  expect(site.responses.found(now.session.live, found)).toContain("stands still already");
  expect(site.responses.list()).toMatchObject([{ more: 1, session }]);
});

test("where the database is away nothing goes on that was stopped", async () => {
  const site = await opened(STAY.replace("stay", "release"));
  const { session, response } = await stopped(site);
  const { store } = site.cut.site;
  const act = store.act;
  Object.assign(store, { act: () => Promise.reject(new Error("the disk is gone")) });
  site.cut.site.clock.advance(121_000);
  await expect.poll(() => site.failures.length).toBe(1);
  expect(session.live.capabilities.has("operate")).toBe(false);
  Object.assign(store, { act });
  await answered(site, site.cut.sue, response.id, RESUME);
  expect(session.live.capabilities.has("operate")).toBe(true);
});
