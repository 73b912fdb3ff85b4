import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { expect, test } from "vitest";
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import { readPoints, writePoints } from "../../protocols/modbus/build.ts";
import { freePorts } from "../kit/free-ports.ts";
import { GatewaySite } from "../kit/gateway-site.ts";
import { WorkedSession } from "../kit/worked-session.ts";

const READ = readPoints(1, "holding-registers", 0, 2);
const RIGHT = { kind: "answer" };

async function sessions(site: GatewaySite): Promise<readonly LiveSessionView[]> {
  return (await site.user.ask<readonly LiveSessionView[]>("GET", "/api/sessions")).body;
}

/** Ports that a program has open for others. */
function listening(pid: number | undefined): number {
  const folder = `/proc/${pid}/fd`;
  const sockets = readdirSync(folder).map((name) => linkOf(`${folder}/${name}`));
  const tables = ["tcp", "tcp6"].map((name) => readFileSync(`/proc/net/${name}`, "utf8"));
  const rows = tables.flatMap((table) => table.split("\n").map((row) => row.trim().split(/\s+/)));
  // Column 3 is the state, of which 0A is listening, and column 9 the socket's number.
  const open = rows.filter(([, , , state]) => state === "0A").map((row) => `socket:[${row[9]}]`);
  return open.filter((socket) => sockets.includes(socket)).length;
}

/** One that was closed meanwhile is none. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
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

/** The gateway that has sessions. */
async function carrier(site: GatewaySite): Promise<string> {
  const used = (await site.list()).gateways.filter(({ sessions }) => sessions > 0);
  expect(used).toHaveLength(1);
  return used[0]?.name ?? "";
}

/** Within what the example's profile permits at once. */
const faster = (raw: number) => writePoints(1, "holding-registers", 11, [raw]);

test("control that hangs, control killed, a gateway killed: nothing recorded is lost, and work goes on", {
  timeout: 400_000,
}, async () => {
  const site = await GatewaySite.start(["dmz-a", "dmz-b"], "        units: [1]");
  const first = await opened(site);
  expect(await first.ask(READ)).toMatchObject(RIGHT);

  const gateway = site.gateways.get("dmz-a");
  expect(listening(site.control.process.pid)).toBeGreaterThan(0);
  expect(listening(gateway?.process.pid)).toBe(0);

  // The lease runs out and nothing is forwarded until control is heard again.
  site.control.process.kill("SIGSTOP");
  await site.until("the lease is out", () => gateway?.output.includes("the lease is out") === true);
  site.control.process.kill("SIGCONT");
  expect(await first.ask(READ)).toMatchObject(RIGHT);

  await site.killControl();
  await site.until("the gateway knows", () => /not connected/.test(gateway?.output ?? ""));
  await site.startControl();
  await site.until("it is handed over", async () => (await site.state(first.id)) !== "open");
  expect(await site.state(first.id)).toBe("sealed");

  await site.untilState("dmz-a", "connected");
  const second = await opened(site);
  expect(await second.ask(faster(351))).toMatchObject(RIGHT);
  // The key switch was read first: what goes to that asset goes through the same gateway.
  const used = await carrier(site);
  await site.killGateway(used);
  await site.until("its session is over", async () =>
    (await sessions(site)).every(({ id }) => id !== second.id),
  );
  expect(await site.state(second.id)).toBe("open");

  const third = await opened(site);
  expect(await third.ask(READ)).toMatchObject(RIGHT);
  await third.end();
  await site.until("it is sealed", async () => (await site.state(third.id)) === "sealed");

  // What it had taken before it was killed is handed over by its next run.
  // A control that has moved is found at the next of its addresses.
  await site.startGateway(used, [`127.0.0.1:${await freePorts(1)}`]);
  await site.until("it is handed over", async () => (await site.state(second.id)) !== "open");
  expect(await site.recording(second.id)).toMatchObject({ state: "gap", counts: { changed: 1 } });
});
