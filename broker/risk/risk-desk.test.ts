/** What is unusual asks for more in the instant in which it is done, and says why. */
import { expect, onTestFinished, test } from "vitest";
import { CutSite } from "../../test/kit/cut-site.ts";
import { fromHex } from "../../test/kit/hex.ts";
import type { KitSession } from "../../test/kit/session-kit.ts";
import { BrowserLeg } from "../legs/browser-leg.ts";
import { type Baseline, usualKey } from "../policy/risk/baseline.ts";
import { listSignals } from "../store/signals.ts";
import { RiskDesk } from "./risk-desk.ts";

const WRITE = fromHex("0002 0000 0006 01 06 0064 07d0");
const READ = fromHex("0003 0000 0006 01 03 0064 0001");
const WORDS = "writing holding register 40101";

interface Opened {
  readonly site: CutSite;
  readonly desk: RiskDesk;
  readonly session: KitSession;
  send(bytes: Uint8Array): void;
}

async function opened(enforced: boolean, deeds: readonly string[]): Promise<Opened> {
  const site = await CutSite.open();
  const { demands } = site;
  if (!demands) throw new Error("a site has demands");
  const usual = {
    ...{
      person: "Ben",
      sessions: 9,
      deeds,
      hours: [...Array(24).keys()],
      networks: ["192.0.2.0/24"],
    },
    ...{ changesPerMinute: 4, readsPerMinute: 60, refusedInARow: 0, exceptionsPerMinute: 0 },
  };
  const baseline: Baseline = {
    ...{ version: 1, sessions: 9, from: "2026-01-01", until: "2026-01-04" },
    usual: { [usualKey(site.ben.me.person.id, "plc")]: usual },
    values: { "plc holding-registers 1:100": { min: 1_000, max: 3_000 } },
  };
  const desk = new RiskDesk({
    ...{ clock: site.site.clock, store: site.site.store, demands, baseline, enforced },
    ...{ plant: site.plant, hourAt: () => 8, failed: (error) => expect(error).toBeUndefined() },
  });
  onTestFinished(() => desk.close());
  site.hooks.onJudged = (...judged) => desk.judged(...judged);
  const session = await site.session();
  site.site.clock.advance(1_000);
  desk.opened(session.live);
  const leg = new BrowserLeg({ creditBytes: 262_144, send: () => {} });
  await session.live.attach(leg, "a browser");
  return { site, desk, session, send: (bytes) => leg.received(bytes) };
}

/** Of the asset, but the broker's own readings. */
function written({ session }: Opened): readonly number[] {
  return session.second.written.map((frame) => frame[7] ?? 0);
}

async function stories({ site }: Opened) {
  for (let n = 0; n < 200; n++) await new Promise(setImmediate);
  return listSignals(site.site.store.queries, 10);
}

test("a first operation never reaches the asset before the passkey was asked for again", async () => {
  const now = await opened(true, []);
  const { site, session, send } = now;
  site.kit.volume.hold();
  send(WRITE);
  await site.kit.until(() => session.ofKind("verdict").length > 0, "the verdict");
  await site.kit.until(() => !session.live.capabilities.has("operate"), "the finding");
  site.kit.volume.release();
  send(READ);
  await site.kit.until(() => written(now).length > 0, "the reading");
  expect(written(now)).toEqual([3]);
  const lost = session.events.find(({ kind }) => kind === "capabilities");
  expect(lost).toMatchObject({ classes: ["observe"], cause: { rule: "risk-proof" } });
  await expect.poll(() => stories(now).then((all) => all.length), { timeout: 30_000 }).toBe(1);
  expect(session.live.loss).toMatchObject({ cause: { rule: "risk-proof" } });
  const [story] = await stories(now);
  const id = session.live.claims.session;
  expect(story).toMatchObject({ transmitter: "risk", type: "first-operation", about: "Ben" });
  expect(story?.effects).toMatchObject([{ session: id, sequence: expect.any(Number) }]);
  expect(story?.effects[0]?.text).toContain(WORDS);

  await site.site.stepUp(site.ben);
  expect(session.live.capabilities.has("operate")).toBe(true);
  expect(session.live.loss).toBeUndefined();
  send(WRITE);
  await site.kit.until(() => written(now).includes(6), "the write");
  session.live.end({ rule: "cut", reason: "the test is over" });
});

test("what is only observed is told, and nothing is kept back", async () => {
  const now = await opened(false, []);
  const { site, session, send } = now;
  send(WRITE);
  await site.kit.until(() => written(now).includes(6), "the write");
  await expect.poll(() => stories(now).then((all) => all.length), { timeout: 30_000 }).toBe(1);
  expect((await stories(now))[0]?.decision).toBe("told, and nothing asked");
  expect(site.demands?.list()).toEqual([]);
  session.live.end({ rule: "cut", reason: "the test is over" });
});

test("what is usual is no finding, and a reading that passes is not even looked at", async () => {
  const now = await opened(true, [WORDS]);
  const { site, session, send } = now;
  send(WRITE);
  await site.kit.until(() => written(now).includes(6), "the write");
  site.hooks.onJudged = () => expect.unreachable("a reading was looked at");
  session.second.feed(fromHex("0001 0000 0006 01 06 0064 07d0"));
  send(READ);
  await site.kit.until(() => written(now).includes(3), "the reading");
  expect(await stories(now)).toEqual([]);
  session.live.end({ rule: "cut", reason: "the test is over" });
});

test("readings that the asset answers with errors ask who looks for what is there", async () => {
  const now = await opened(true, [WORDS]);
  const { site, session, send } = now;
  for (let n = 1; n <= 25; n++) {
    send(READ);
    await site.kit.until(() => written(now).length === n, "the reading");
    session.second.feed(fromHex(`00${n.toString(16).padStart(2, "0")} 0000 0003 01 83 02`));
  }
  await site.kit.until(() => session.live.counts.declined === 25, "the errors");
  expect(session.live.capabilities.has("operate")).toBe(true);
  site.site.clock.advance(10_000);
  await site.kit.until(() => !session.live.capabilities.has("operate"), "the finding");
  await expect.poll(() => stories(now).then((all) => all[0]?.type)).toBe("exceptions");
  session.live.end({ rule: "cut", reason: "the test is over" });
});
