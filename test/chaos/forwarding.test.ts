/**
 * Two brokers of which either may be asked: what becomes of people and programs at the one that
 * waits, while they work and when the active one is lost under them.
 */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import type { HealthView } from "../../broker/api/shapes/health.ts";
import { writePoints } from "../../protocols/modbus/build.ts";
import { signInMachine } from "../kit/machine-user.ts";
import { noPostgres, startPostgres, type TestPostgres, testWithPostgres } from "../kit/postgres.ts";
import { runCommand } from "../kit/sallyport-command.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { WorkedSession } from "../kit/worked-session.ts";
import { type Node, StandbySite, until } from "./standby-site.ts";

const testHere = testWithPostgres();
/** Starts of whole brokers, one after the other. */
const SLOW_MS = 400_000;
/** A take-over on a busy machine; whoever asks waits for as long as a browser does. */
const PATIENT_MS = 120_000;

let server: TestPostgres;

beforeAll(async () => {
  if (noPostgres() === undefined) server = await startPostgres();
}, 120_000);
afterAll(() => server?.stop());

function forwards(node: Node): Promise<void> {
  return until("the one that waits leads people on", async () => {
    return (await node.asked("/readyz/any")).status === 200;
  }).then(() => {});
}

/** One page that is asked for all the time, at one address. */
class Asking {
  readonly answers: number[] = [];
  private readonly ended: Promise<void>;
  private stopped = false;

  constructor(node: Node, cookie: string) {
    this.ended = this.ask(`${node.address}/api/me`, cookie);
  }

  private async ask(url: string, cookie: string): Promise<void> {
    while (!this.stopped) {
      const options = { headers: { cookie }, signal: AbortSignal.timeout(PATIENT_MS) };
      const status = await fetch(url, options).then(
        async (answer) => {
          await answer.text();
          return answer.status;
        },
        () => 0,
      );
      this.answers.push(status);
      await pause(5);
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.ended;
  }
}

testHere(
  "people work, cut and are cut through the broker that waits, and it takes over under them",
  async () => {
    const site = await StandbySite.start(server, temporaryFolder(), "forwarding");
    onTestFinished(() => site.stop());
    const [first, second] = site.nodes;
    await forwards(second);
    expect(await second.isReady()).toBe(false);
    expect((await second.asked("/metrics")).status).toBe(503);
    const [here, there] = [site.user(first), site.user(second)];
    await until("who leads people on is seen", async () => {
      const { body } = await there.ask<HealthView>("GET", "/api/health");
      return body.parts.some(({ text }) => text.includes("and leads people here"));
    });
    await there.stepUp();
    const session = await WorkedSession.open(there, "plc/modbus");
    const write = (value: number) =>
      session.ask(writePoints(1, "holding-registers", 5_000, [value]));
    expect(await write(7)).toMatchObject({ kind: "answer" });
    const ended = await here.ask("POST", `/api/sessions/${session.id}/end`, { reason: "" });
    expect(ended.status).toBe(200);
    const notes = site.notes().length;
    expect(await write(8).catch(() => "cut")).not.toMatchObject({ kind: "answer" });
    expect(site.notes().length).toBe(notes);
    const other = await WorkedSession.open(here, "plc/modbus");
    const cut = await there.ask("POST", `/api/sessions/${other.id}/end`, { reason: "" });
    expect(cut.status).toBe(200);
    const recorded = await there.ask("GET", `/api/recordings/${session.id}/bundle`);
    expect(recorded.status).toBeLessThan(500);

    const load = await site.load(second);
    const asking = new Asking(second, there.cookieHeader);
    await load.goesOn(20);
    // It hears the question, and never answers it.
    site.kill(first, "SIGSTOP");
    const url = `${second.address}/api/me`;
    const options = { headers: { cookie: there.cookieHeader } };
    const open = fetch(url, { ...options, signal: AbortSignal.timeout(PATIENT_MS) });
    await pause(300);
    site.kill(first, "SIGKILL");
    // A machine that takes longer than anybody waits for a page says so.
    expect([200, 503]).toContain((await open).status);
    await until("the other broker takes over", () => second.isReady());
    // Whoever confirms with their passkey gets another cookie than it has.
    await asking.stop();
    await site.over(load);
    const again = await site.load(second);
    await again.goesOn(20);
    await site.over(again);
    // Nobody is ever told something else than that it is there, or that it is not.
    expect(
      [...new Set(asking.answers)].filter((status) => ![0, 200, 503].includes(status)),
    ).toEqual([]);

    await first.child?.ended;
    await first.start();
    await forwards(first);
    const home = temporaryFolder();
    await signInMachine(home, site.user(first));
    expect((await runCommand(home, ["whoami"])).code).toBe(0);
    const back = await site.load(first);
    await back.goesOn(20);
    await site.over(back);
    const compared = await site.close();
    expect(site.both).toEqual([]);
    expect(compared).toMatchObject({ missing: [], repeated: [], unrecorded: [] });
  },
  SLOW_MS,
);
