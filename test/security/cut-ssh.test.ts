/**
 * Every cause that takes a session or a right away, on every kind of stream of SSH, while what a
 * person typed or a tool sent waits for the disk: nothing of it gets through, nor what comes after
 * it, and the tape run again says the same.
 */
import { expect, test } from "vitest";
import { FieldWriter } from "../../protocols/ssh/field-writer.ts";
import { encodeOpen, encodeReply, encodeWrite } from "../../protocols/ssh/sftp/encode.ts";
import { PACKET } from "../../protocols/ssh/sftp/packet.ts";
import { encodeUtf8 } from "../../protocols/tape/utf8.ts";
import { CutSite } from "../kit/cut-site.ts";
import type { KitSession } from "../kit/session-kit.ts";
import {
  type ChannelSession,
  data,
  PTY,
  request,
  rerunChannel,
  runChannel,
  text,
} from "../kit/ssh-session.ts";
import { type Cause, degrades, ENDS } from "./cut-causes.ts";

interface Streaming {
  readonly channel: ChannelSession;
  /** What flows: typed, sent, written. */
  flow(): void;
  /** A stream without a part of it is another stream: it ends where some was kept back. */
  readonly breaks: boolean;
}

/** Something has passed on each. */
const STREAMS: Readonly<Record<string, (session: KitSession) => Promise<Streaming>>> = {
  "a shell with input flowing": async (session) => {
    const channel = await runChannel(session, PTY, request("shell"));
    const flow = () => channel.says(data("y"));
    flow();
    await session.sent(4);
    return { channel, flow, breaks: false };
  },
  "a command that reads its input": async (session) => {
    const channel = await runChannel(session, request("exec", text("cat > image.bin")));
    const flow = () => channel.says(data("a part of the image"));
    flow();
    await session.sent(3);
    return { channel, flow, breaks: true };
  },
  "an upload over SFTP": async (session) => {
    const channel = await runChannel(session, request("subsystem", text("sftp")));
    let at = 0;
    const flow = () => {
      channel.says(data(encodeWrite(10 + at, handle, at * PIECE.length, PIECE)));
      at += 1;
    };
    channel.says(data(new FieldWriter().uint8(PACKET.init).uint32(3).framed()));
    await session.sent(3);
    channel.answers(data(encodeReply({ kind: "version", version: 3 }, 0)));
    channel.says(data(encodeOpen(1, PATH, 2 | 8 | 16, {})));
    await session.sent(4);
    const entries = [{ name: PATH, long: PATH, attributes: {} }];
    channel.answers(data(encodeReply({ kind: "name", id: 1, entries }, 1)));
    await session.sent(5);
    channel.answers(data(encodeReply({ kind: "handle", id: 2, handle: encodeUtf8("h") }, 2)));
    // What was opened is looked at again.
    await session.sent(8);
    channel.answers(data(encodeReply({ kind: "name", id: 3, entries }, 3)));
    for (const id of [4, 5]) {
      channel.answers(data(encodeReply({ kind: "attrs", id, attributes: {} }, id)));
    }
    flow();
    await session.sent(9);
    return { channel, flow, breaks: true };
  },
};

const PATH = encodeUtf8("/firmware/image.bin");
const PIECE = new Uint8Array(1_000).fill(7);
const handle = new FieldWriter().uint32(1).plain();

const all = <T>(causes: readonly T[]) =>
  Object.keys(STREAMS).flatMap((kind) =>
    causes.map((cause) => [kind, ...(cause as never as [])] as const),
  ) as never as readonly (readonly [string, string, string, Cause])[];

/** One more piece was permitted and waits for the disk. */
async function flowing(kind: string): Promise<[CutSite, KitSession, Streaming, number]> {
  const site = await CutSite.open("plc/ssh");
  const session = await site.session();
  const open = STREAMS[kind];
  if (!open) throw new Error(kind);
  const streaming = await open(session);
  const passed = session.asset.written.length;
  const records = session.tape.length;
  site.kit.volume.hold();
  streaming.flow();
  await site.kit.until(() => session.tape.length > records, "the piece on the tape");
  return [site, session, streaming, passed];
}

async function settle(site: CutSite): Promise<void> {
  site.kit.volume.release();
  for (let n = 0; n < 20; n++) await new Promise(setImmediate);
}

/** Nothing but the asset's own channel being closed was handed over. */
function nothingMore({ asset }: KitSession, passed: number): void {
  expect(asset.written.slice(passed)).toEqual([]);
}

test.each(all(ENDS))("%s: %s", async (kind, _, rule, cause) => {
  const [site, session, streaming, passed] = await flowing(kind);
  await Promise.resolve(cause(site, session));
  expect(session.events.at(-1)).toMatchObject({ kind: "end", cause: { rule } });
  const said = session.client.written.length;
  streaming.flow();
  streaming.channel.answers(data("secret of the asset"));
  await settle(site);
  nothingMore(session, passed);
  expect(session.client.written).toHaveLength(said);
  expect(session.asset.closed).toBe(true);
  expect(session.client.closed).toBe(true);
  await session.live.closed;
  expect(rerunChannel(session)).toMatchObject({ difference: undefined, left: [] });
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
    streaming.flow();
    await settle(site);
    streaming.flow();
    await settle(site);
    nothingMore(session, passed);
    const told = streaming.channel.told().map((message) => message.kind);
    expect(told.includes("close")).toBe(streaming.breaks);
    // Who may only look goes on looking.
    const said = session.client.written.length;
    if (!streaming.breaks) streaming.channel.answers(data("level 4.2 m"));
    expect(session.client.written.length > said).toBe(!streaming.breaks);
    session.live.end({ rule: "cut", reason: "the test is over" });
    await session.live.closed;
    expect(rerunChannel(session)).toMatchObject({ difference: undefined, left: [] });
  },
);
