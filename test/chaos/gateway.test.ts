import { expect, test } from "vitest";
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import { readPoints } from "../../protocols/modbus/build.ts";
import { GatewaySite } from "../kit/gateway-site.ts";
import { WorkedSession } from "../kit/worked-session.ts";

const READ = readPoints(1, "holding-registers", 0, 2);
const RIGHT = { kind: "answer" };

async function sessions(site: GatewaySite): Promise<readonly LiveSessionView[]> {
  return (await site.user.ask<readonly LiveSessionView[]>("GET", "/api/sessions")).body;
}

/** A person tries until it is there: the key switch over the asset is read through the gateway too. */
async function opened(site: GatewaySite): Promise<WorkedSession> {
  let session: WorkedSession | undefined;
  let why: unknown;
  const open = async () => {
    session = await WorkedSession.open(site.user).catch((error: unknown) => {
      why = error;
      return undefined;
    });
    return session !== undefined;
  };
  await site.until("a session opens", open).catch(() => undefined);
  if (!session) throw why;
  return session;
}

test("control killed, gateways killed, control that hangs: nothing recorded is lost, and work goes on", {
  timeout: 300_000,
}, async () => {
  const site = await GatewaySite.start(["dmz-a", "dmz-b"], "        units: [1]");
  const log: string[] = [];
  const t0 = performance.now();
  const note = (what: string) => log.push(`${Math.round(performance.now() - t0)} ${what}`);
  try {
    const first = await opened(site);
    expect(await first.ask(READ)).toMatchObject(RIGHT);
    note("opened");

    // Control hangs: the lease runs out and nothing is forwarded until it is heard again.
    site.control.process.kill("SIGSTOP");
    const gateway = site.gateways.get("dmz-a");
    await site.until("the lease is out", () => gateway?.output.includes("the lease is out") === true);
    note("lease out");
    site.control.process.kill("SIGCONT");
    expect(await first.ask(READ)).toMatchObject(RIGHT);
    note("thawed");

    await site.killControl();
    await site.until("the gateway knows", () => /not connected/.test(gateway?.output ?? ""));
    await site.startControl();
    note("control back");
    await site.until("handed over", async () => (await site.recording(first.id)).state !== "open");
    const one = await site.recording(first.id);
    note(JSON.stringify(one));
    expect(one).toMatchObject({ state: "sealed" });

    await site.untilState("dmz-a", "connected");
    const second = await opened(site);
    expect(await second.ask(READ)).toMatchObject(RIGHT);
    note("second");
    await site.killGateway("dmz-a");
    await site.until("the session is over", async () =>
      (await sessions(site)).every(({ id }) => id !== second.id),
    );
    note("second over");
    const third = await opened(site);
    note("third by dmz-b");
    expect(await third.ask(READ)).toMatchObject(RIGHT);
    await third.end();
    await site.until("sealed", async () => (await site.recording(third.id)).state === "sealed");
    expect(await site.recording(second.id)).toMatchObject({ state: "open" });
    await site.startGateway("dmz-a");
    await site.until("closed", async () => (await site.recording(second.id)).state !== "open");
    note(JSON.stringify(await site.recording(second.id)));
    expect(await site.recording(second.id)).toMatchObject({ state: "gap" });
  } finally {
    console.log(log.join("\n"), site.said());
  }
});
