/** Two brokers, one of which waits: what becomes of the plant, the evidence and the people when the active one is lost. */
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { noPostgres, startPostgres, type TestPostgres, testWithPostgres } from "../kit/postgres.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { seeded } from "./seeded.ts";
import { killed, stopped } from "./standby-drills.ts";
import { StandbySite, until } from "./standby-site.ts";

const testHere = testWithPostgres();
/** Starts of whole brokers, one after the other. */
const SLOW_MS = 400_000;

let server: TestPostgres;

beforeAll(async () => {
  if (noPostgres() === undefined) server = await startPostgres();
}, 120_000);
afterAll(() => server?.stop());

testHere(
  "killed or stopped under load, the active broker is followed by the other one, and by it alone",
  async () => {
    const site = await StandbySite.start(server, temporaryFolder());
    onTestFinished(() => site.stop());
    const random = seeded(3);
    const [first, second] = site.nodes;
    expect(await second.asked("/healthz")).toMatchObject({ status: 200 });
    expect(await second.asked("/readyz")).toEqual({
      status: 503,
      text: '{"code":"standby","message":"Another broker is active. This one waits to take over."}\n',
    });
    for (const hidden of ["/", "/api/me", "/metrics", "/sign-in"]) {
      expect(await second.asked(hidden)).toMatchObject({ status: 503 });
    }
    await until("the witness has signed", () => site.witnessed() > 0);
    const before = site.witnessed();
    await killed(site, random);
    expect(await site.active()).toBe(second);
    await stopped(site, random);
    expect(await site.active()).toBe(first);
    await until("the witness signs what the next brokers wrote", () => site.witnessed() > before);
    const alarms = await site.user(first).ask("GET", "/api/alarms");
    expect(alarms.text).not.toContain("another history");
    const compared = await site.close();
    expect(site.both).toEqual([]);
    expect(compared).toMatchObject({ missing: [], repeated: [], unrecorded: [] });
    expect(compared.seen).toBeGreaterThan(60);
    // Three sessions died with each broker, and were closed by the next one.
    expect(compared.states.aborted).toBeGreaterThanOrEqual(6);
    expect(Object.keys(compared.states).toSorted()).toEqual(["aborted", "sealed"]);
  },
  SLOW_MS,
);

testHere(
  "while its database is away the active one changes nothing, and goes on once it has it again",
  async () => {
    const site = await StandbySite.start(server, temporaryFolder());
    onTestFinished(() => site.stop());
    const active = await site.active();
    const load = await site.load(active);
    await load.goesOn(20);
    await server.kill();
    const refusedEach = (times: number) => () => load.refused.every((each) => each >= times);
    await until("each session is refused", refusedEach(1));
    const [acknowledged, seen] = [load.acknowledged.length, site.notes().length];
    await until("each is refused again and again", refusedEach(20));
    expect(load.acknowledged.length).toBe(acknowledged);
    expect(site.notes().length).toBe(seen);
    expect(await active.isReady()).toBe(false);
    expect((await site.other(active).asked("/readyz")).text).toContain('"standby"');
    await server.start();
    await until("it has its database again", () => active.isReady());
    await load.goesOn(20);
    await site.over(load);
    expect(await site.close()).toMatchObject({ missing: [], repeated: [], unrecorded: [] });
    expect(site.both).toEqual([]);
  },
  SLOW_MS,
);
