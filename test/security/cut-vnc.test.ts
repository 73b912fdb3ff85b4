/**
 * Every cause that takes a session or a right away, on a screen on which a jog button and a key are
 * held down, another press waits for the disk and one for a second person: what is down is let go of
 * in the turn of the cause, nothing else gets through, who may only look goes on looking, and the
 * tape run again says the same.
 */
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import {
  type ClientMessage,
  cutClientMessage,
  encodeClientMessage,
} from "../../protocols/rfb/client-message.ts";
import { PLAIN_FORMAT } from "../../protocols/rfb/pixel-format.ts";
import { encodeHello } from "../../protocols/rfb/to-client.ts";
import { CutSite } from "../kit/cut-site.ts";
import { drawn } from "../kit/screen-tape.ts";
import type { KitSession } from "../kit/session-kit.ts";
import { rerunScreen } from "../kit/vnc-session.ts";
import { degrades, ENDS } from "./cut-causes.ts";

const SHIFT = 0xffe1;
const [JOG, LEFT, RIGHT] = [0, 1, 4] as const;
const ANSWER = { by: "person-2", name: "Sue", actionId: "act-1", digest: "d1gest" };

const at = (mask: number): ClientMessage => ({ kind: "pointer", mask, x: 510, y: 250 });
const key = (keysym: number, down: boolean): ClientMessage => ({ kind: "key", keysym, down });
const says = ({ client }: KitSession, ...messages: readonly ClientMessage[]) => {
  for (const message of messages) client.feed(encodeClientMessage(message));
};

/** What the panel heard after both had said hello. */
function heard({ asset }: KitSession): ClientMessage[] {
  return asset.written.slice(1).map((bytes) => {
    const cut = cutClientMessage(bytes);
    if (cut.kind !== "frame") throw new Error(`the panel heard something ${cut.kind}`);
    return cut.frame;
  });
}

const HELD_DOWN = [at(JOG), at(LEFT), key(SHIFT, true)];
const LET_GO = [at(JOG), key(SHIFT, false)];
/** Of the letter, too, though its press never left: no panel minds. */
const LETTER_UP = key(0x61, false);

/** Of what was down all was let go of, and nothing was pressed. */
function letGo(session: KitSession): void {
  const after = heard(session).slice(3);
  expect(after.filter((each) => !isDeepStrictEqual(each, LETTER_UP))).toEqual(LET_GO);
}

/** A letter was permitted and waits for the disk, a right click for a second person. */
async function jogging(): Promise<[CutSite, KitSession]> {
  const site = await CutSite.open("plc/screen");
  const session = await site.session();
  session.client.feed(Uint8Array.of(1));
  await session.sent(1);
  const size = { width: 800, height: 480 };
  session.asset.feed(encodeHello({ ...size, format: PLAIN_FORMAT, name: new Uint8Array(0) }));
  says(session, ...HELD_DOWN);
  await site.kit.until(() => heard(session).length === 3, "the presses");
  expect(heard(session)).toEqual(HELD_DOWN);
  const records = session.tape.length;
  site.kit.volume.hold();
  says(session, key(0x61, true));
  await site.kit.until(() => session.tape.length > records, "the letter on the tape");
  says(session, at(LEFT | RIGHT));
  await site.kit.until(() => session.live.holds.length === 1, "the hold");
  expect(heard(session)).toHaveLength(3);
  return [site, session];
}

async function settle(site: CutSite): Promise<void> {
  site.kit.volume.release();
  for (let n = 0; n < 20; n++) await new Promise(setImmediate);
}

/** Permitted too late. */
async function heldIsDead(session: KitSession, hold: string): Promise<void> {
  const answer = session.live.answerHold(hold, { kind: "permit", ...ANSWER });
  if (answer) expect((await answer).kind).toBe("void");
}

test("without a cause the letter leaves once it is durable, and the click once it is agreed to", async () => {
  const [site, session] = await jogging();
  const hold = session.live.holds[0]?.id ?? "";
  await settle(site);
  await site.kit.until(() => heard(session).length === 4, "the letter");
  expect(heard(session).at(-1)).toEqual(key(0x61, true));
  void session.live.answerHold(hold, { kind: "permit", ...ANSWER });
  await site.kit.until(() => heard(session).length === 5, "the click");
  expect(heard(session).at(-1)).toEqual(at(LEFT | RIGHT));
  session.live.end({ rule: "cut", reason: "the test is over" });
  await session.live.closed;
});

test.each(ENDS)("%s", async (_, rule, cause) => {
  const [site, session] = await jogging();
  const hold = session.live.holds[0]?.id ?? "";
  await Promise.resolve(cause(site, session));
  expect(session.events.at(-1)).toMatchObject({ kind: "end", cause: { rule } });
  // In the very turn of the cause: a machine moves for as long as it takes.
  letGo(session);
  const said = session.client.written.length;
  says(session, at(JOG), at(LEFT), key(0x62, true));
  session.asset.feed(drawn(0, 0, 20, 1));
  await heldIsDead(session, hold);
  await settle(site);
  letGo(session);
  expect(session.client.written).toHaveLength(said);
  expect(session.asset.closed).toBe(true);
  expect(session.client.closed).toBe(true);
  await session.live.closed;
  expect(rerunScreen(session)).toMatchObject({ difference: undefined, left: [] });
});

test.each(degrades(["operate", "configure", "program", "transfer"]))(
  "%s",
  async (_, rule, cause) => {
    const [site, session] = await jogging();
    const hold = session.live.holds[0]?.id ?? "";
    await Promise.resolve(cause(site, session));
    const takes = ["freeze", "capabilities", "conditions"];
    expect(session.events.find(({ kind }) => takes.includes(kind))).toMatchObject({
      cause: { rule },
    });
    letGo(session);
    await heldIsDead(session, hold);
    await settle(site);
    says(session, at(JOG), at(LEFT), key(0x62, true), key(0x62, false));
    await settle(site);
    letGo(session);
    // Who may only look goes on looking.
    const said = session.client.written.length;
    session.asset.feed(drawn(0, 0, 20, 1));
    await site.kit.until(() => session.client.written.length > said, "the picture");
    session.live.end({ rule: "cut", reason: "the test is over" });
    await session.live.closed;
    expect(rerunScreen(session)).toMatchObject({ difference: undefined, left: [] });
  },
);

test.each<readonly [string, (session: KitSession) => void]>([
  ["its browser is gone", ({ client }) => client.hangUp()],
  ["its browser says what no viewer says", ({ client }) => client.feed(Uint8Array.of(250, 1, 1))],
])("%s", async (_, cause) => {
  const [site, session] = await jogging();
  cause(session);
  letGo(session);
  await settle(site);
  letGo(session);
  session.live.end({ rule: "cut", reason: "the test is over" });
  await session.live.closed;
  expect(rerunScreen(session)).toMatchObject({ difference: undefined, left: [] });
});

test("the panel is gone: nothing that was pressed waits for another connection", async () => {
  const [site, session] = await jogging();
  session.asset.hangUp();
  await settle(site);
  letGo(session);
  expect(session.client.closed).toBe(true);
  session.live.end({ rule: "cut", reason: "the test is over" });
  await session.live.closed;
  expect(rerunScreen(session)).toMatchObject({ difference: undefined, left: [] });
});
