/**
 * Every cause that takes a session or a right away, on every kind of stream of a web panel, while
 * what was permitted waits for the disk or for a person: nothing of it gets through, an upload is
 * broken off and never whole, who may only look goes on looking, and the tape run again says the
 * same. `web-cut.test.ts` does two of them with a real panel behind a real broker.
 */
import { expect, test } from "vitest";
import { BROKEN_OFF } from "../../protocols/http/body.ts";
import { HttpGuard } from "../../protocols/http/guard.ts";
import { latin1 } from "../../protocols/http/head.ts";
import { REQUEST_BODY_MAX } from "../../protocols/http/limits.ts";
import { encodeFrame, OPCODE } from "../../protocols/http/socket-frame.ts";
import { CutSite } from "../kit/cut-site.ts";
import { MODBUS_AGAIN, rerun } from "../kit/rerun.ts";
import type { KitSession } from "../kit/session-kit.ts";
import { type Cause, degrades, ENDS } from "./cut-causes.ts";

const ANSWER = { by: "person-2", name: "Sue", actionId: "act-1", digest: "d1gest" };
const HOST = "Host: abc.localhost:7481\n";

const lines = (text: string) => latin1(text.replaceAll("\n", "\r\n"));
const look = lines(`GET /look HTTP/1.1\n${HOST}\n`);
const post = (path: string) =>
  lines(
    `POST ${path} HTTP/1.1\n${HOST}Content-Type: application/x-www-form-urlencoded\nContent-Length: 8\n\nspeed=30`,
  );
const page = (number: number) =>
  lines(
    `HTTP/1.1 200 OK\nsallyport-request: ${number}\ncontent-type: text/html\ncontent-length: 2\n\nok`,
  );

interface Streaming {
  /** One more that changes something: it is permitted, and waits. */
  flow(): void;
  /** The panel says something that who looks would see; answers whether they can. */
  looks(): boolean;
}

/** Its page is looked at, and it is asked for another one. */
function looksAgain(session: KitSession, number: number): boolean {
  const before = session.asset.written.length;
  session.client.feed(look);
  if (session.asset.written.length === before) return false;
  session.asset.feed(page(number));
  return true;
}

const STREAMS: Readonly<Record<string, (session: KitSession) => Promise<Streaming>>> = {
  "a form that waits for the disk": async (session) => {
    session.client.feed(look);
    await session.sent(1);
    session.asset.feed(page(1));
    return {
      flow: () => session.client.feed(post("/set")),
      looks: () => looksAgain(session, 4),
    };
  },
  "a form that waits for a person": async (session) => {
    session.client.feed(look);
    await session.sent(1);
    session.asset.feed(page(1));
    return {
      flow: () => session.client.feed(post("/held")),
      looks: () => looksAgain(session, 4),
    };
  },
  "an upload under way": async (session) => {
    const type = "Content-Type: application/octet-stream\n";
    const size = 2 * REQUEST_BODY_MAX;
    session.client.feed(lines(`POST /image HTTP/1.1\n${HOST}${type}Content-Length: ${size}\n\n`));
    await session.sent(1);
    session.asset.feed(lines("HTTP/1.1 100 Continue\nsallyport-request: 1\n\n"));
    const flow = () => session.client.feed(new Uint8Array(40_000).fill(7));
    flow();
    await session.sent(2);
    return { flow, looks: () => false };
  },
  "a WebSocket": async (session) => {
    const opening =
      "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n";
    session.client.feed(lines(`GET /live HTTP/1.1\n${HOST}${opening}\n`));
    await session.sent(1);
    const said = "upgrade: websocket\nsec-websocket-accept: x\n";
    session.asset.feed(lines(`HTTP/1.1 101 Go\nsallyport-request: 1\n${said}\n`));
    const frame = (words: string, masked: boolean) =>
      encodeFrame({ opcode: OPCODE.text, final: true, payload: latin1(words) }, masked);
    session.client.feed(frame("faster", true));
    await session.sent(2);
    return {
      flow: () => session.client.feed(frame("faster", true)),
      looks: () => {
        session.asset.feed(frame("level 4.2 m", false));
        return true;
      },
    };
  },
};

const all = <T>(causes: readonly T[]) =>
  Object.keys(STREAMS).flatMap((kind) =>
    causes.map((cause) => [kind, ...(cause as never as [])] as const),
  ) as never as readonly (readonly [string, string, string, Cause])[];

async function flowing(kind: string): Promise<[CutSite, KitSession, Streaming, number]> {
  const site = await CutSite.open("plc/web");
  const session = await site.session();
  const open = STREAMS[kind];
  if (!open) throw new Error(kind);
  const streaming = await open(session);
  const records = session.tape.length;
  site.kit.volume.hold();
  const passed = session.asset.written.length;
  streaming.flow();
  await site.kit.until(() => session.tape.length > records, "the piece on the tape");
  expect(session.asset.written).toHaveLength(passed);
  return [site, session, streaming, passed];
}

async function settle(site: CutSite): Promise<void> {
  site.kit.volume.release();
  for (let n = 0; n < 20; n++) await new Promise(setImmediate);
}

/** Nothing but that the rest of a body will not come. */
function nothingMore({ asset }: KitSession, passed: number, except = 0): void {
  const more = asset.written.slice(passed).filter((bytes) => `${bytes}` !== `${BROKEN_OFF}`);
  expect(more.map((bytes) => String.fromCharCode(...bytes.subarray(0, 60)))).toHaveLength(except);
}

async function heldIsDead(session: KitSession): Promise<void> {
  const [hold] = session.live.holds;
  const answer = hold && session.live.answerHold(hold.id, { kind: "permit", ...ANSWER });
  if (answer) expect((await answer).kind).toBe("void");
}

function runsAgain({ tape }: KitSession): void {
  const again = rerun(tape, { ...MODBUS_AGAIN, guardOf: () => new HttpGuard() });
  expect(again).toMatchObject({ difference: undefined, left: [] });
}

test.each(Object.keys(STREAMS))("%s goes on without a cause", async (kind) => {
  const [site, session, , passed] = await flowing(kind);
  await settle(site);
  const [hold] = session.live.holds;
  if (hold) void session.live.answerHold(hold.id, { kind: "permit", ...ANSWER });
  await site.kit.until(() => session.asset.written.length > passed, "what waited");
  session.live.end({ rule: "cut", reason: "the test is over" });
  await session.live.closed;
});

test.each(all(ENDS))("%s: %s", async (kind, _, rule, cause) => {
  const [site, session, streaming, passed] = await flowing(kind);
  await Promise.resolve(cause(site, session));
  expect(session.events.at(-1)).toMatchObject({ kind: "end", cause: { rule } });
  const said = session.client.written.length;
  await heldIsDead(session);
  streaming.flow();
  streaming.looks();
  await settle(site);
  nothingMore(session, passed);
  expect(session.client.written).toHaveLength(said);
  expect(session.asset.closed).toBe(true);
  expect(session.client.closed).toBe(true);
  await session.live.closed;
  runsAgain(session);
});

test.each(all(degrades(["operate", "configure", "program", "transfer"])))(
  "%s: %s",
  async (kind, _, rule, cause) => {
    const [site, session, streaming, passed] = await flowing(kind);
    await Promise.resolve(cause(site, session));
    const takes = ["freeze", "capabilities", "conditions"];
    expect(session.events.find(({ kind: what }) => takes.includes(what))).toMatchObject({
      cause: { rule },
    });
    await heldIsDead(session);
    await settle(site);
    streaming.flow();
    await settle(site);
    nothingMore(session, passed);
    // Who may only look goes on looking; a lane of which an upload was broken off is over.
    const said = session.client.written.length;
    const sees = streaming.looks();
    expect(sees).toBe(kind !== "an upload under way");
    expect(session.client.written.length > said).toBe(sees);
    nothingMore(session, passed, sees && kind !== "a WebSocket" ? 1 : 0);
    session.live.end({ rule: "cut", reason: "the test is over" });
    await session.live.closed;
    runsAgain(session);
  },
);
