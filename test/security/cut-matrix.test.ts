/**
 * Every cause that takes a session or a right away, on every kind of stream, while a write waits
 * for the disk and another one for a second person: the effect comes in the turn of the cause,
 * nothing that waited gets through, and the person is told the rule.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { BrowserLeg } from "../../broker/legs/browser-leg.ts";
import type { Leg } from "../../broker/legs/leg.ts";
import { acceptedLeg } from "../../broker/legs/tcp-leg.ts";
import { CutSite } from "../kit/cut-site.ts";
import { fromHex, toHex } from "../kit/hex.ts";
import type { KitSession } from "../kit/session-kit.ts";
import { type Cause, degrades, ENDS } from "./cut-causes.ts";

const WRITE = fromHex("0002 0000 0006 01 06 0064 07d0");
const READ = fromHex("0003 0000 0006 01 03 0064 0001");
/** Register 200, which needs a second person. */
const HELD = fromHex("0004 0000 0006 01 06 00c8 0001");
const ANSWER = { by: "person-2", name: "Sue", actionId: "act-1", digest: "d1gest" };

interface Client {
  readonly leg: Leg;
  send(bytes: Uint8Array): void;
}

/** The two kinds of stream there are: a page's live channel, and a tool's connection. */
const STREAMS: Readonly<Record<string, () => Promise<Client>>> = {
  "a browser": async () => {
    const leg = new BrowserLeg({ creditBytes: 262_144, send: () => {} });
    return { leg, send: (bytes) => leg.received(bytes) };
  },
  "a tool over TCP": async () => {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => {});
    const [accepted] = (await once(server, "connection")) as [Socket];
    onTestFinished(() => {
      socket.destroy();
      server.close();
    });
    return { leg: acceptedLeg(accepted), send: (bytes) => socket.write(bytes) };
  },
};

const kinds = Object.keys(STREAMS);
const all = <T>(causes: readonly T[]) =>
  kinds.flatMap((kind) =>
    causes.map((cause) => [kind, ...(cause as never as [])] as const),
  ) as never as readonly (readonly [string, string, string, Cause])[];

/** A session with a permitted write that waits for the disk, and one that waits for a person. */
async function queued(kind: string): Promise<[CutSite, KitSession, Client]> {
  const site = await CutSite.open();
  const session = await site.session();
  const open = STREAMS[kind];
  if (!open) throw new Error(kind);
  const client = await open();
  await session.live.attach(client.leg, kind);
  site.kit.volume.hold();
  client.send(WRITE);
  const permitted = () => session.ofKind("verdict").some(({ items }) => items[0]?.rule !== "");
  await site.kit.until(permitted, "the verdict");
  expect(session.ofKind("verdict")[0]?.items[0]?.answer.kind).toBe("permit");
  client.send(HELD);
  await site.kit.until(() => probes(session).length > 0, "the reading for the second person");
  const [asked] = probes(session);
  session
    .legAt(2)
    .feed(fromHex(`${toHex((asked ?? READ).subarray(0, 2))} 0000 0005 01 03 02 0000`));
  await site.kit.until(() => session.live.holds.length === 1, "the hold");
  expect(session.second.written).toEqual([]);
  return [site, session, client];
}

/** What the broker itself read for the write that waits for a person: on a channel of its own. */
function probes(session: KitSession): readonly Uint8Array[] {
  return session.legCount > 2 ? session.legAt(2).written : [];
}

/** Nobody can let it pass any more, and what the asset heard of it were readings. */
async function heldIsDead(session: KitSession, hold: string): Promise<void> {
  const answer = session.live.answerHold(hold, { kind: "permit", ...ANSWER });
  if (answer) expect((await answer).kind).toBe("void");
  expect(probes(session).every((frame) => frame[7] === 3)).toBe(true);
}

async function settle(site: CutSite): Promise<void> {
  site.kit.volume.release();
  for (let n = 0; n < 20; n++) await new Promise(setImmediate);
}

test.each(all(ENDS))("%s: %s", async (kind, _, rule, cause) => {
  const [site, session, client] = await queued(kind);
  const hold = session.live.holds[0]?.id ?? "";
  await Promise.resolve(cause(site, session));
  expect(session.events.at(-1)).toMatchObject({ kind: "end", cause: { rule } });
  client.send(READ);
  client.send(WRITE);
  await settle(site);
  expect(session.second.written).toEqual([]);
  expect(session.second.closed).toBe(true);
  await heldIsDead(session, hold);
  expect(session.ofKind("end")).toMatchObject([{ rule }]);
});

const TAKES_RIGHTS: ReadonlySet<string> = new Set(["freeze", "capabilities", "conditions"]);

test.each(all(degrades(["operate"])))("%s: %s", async (kind, _, rule, cause) => {
  const [site, session, client] = await queued(kind);
  const hold = session.live.holds[0]?.id ?? "";
  await Promise.resolve(cause(site, session));
  const told = session.events.find(({ kind: what }) => TAKES_RIGHTS.has(what));
  expect(told).toMatchObject({ cause: { rule } });
  expect(session.live.capabilities.has("operate")).toBe(false);
  client.send(WRITE);
  client.send(READ);
  await settle(site);
  await heldIsDead(session, hold);
  await site.kit.until(() => session.second.written.length > 0, "the reading");
  expect(session.second.written.map((frame) => frame[7])).toEqual([3]);
  session.live.end({ rule: "cut", reason: "the test is over" });
});
