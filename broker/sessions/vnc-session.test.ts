/** Sessions on a screen over memory legs: nothing stays pressed, whatever takes the session away. */
import { expect, test, vi } from "vitest";
import type { ClientMessage } from "../../protocols/rfb/client-message.ts";
import { referenceOf, type ScreenPage } from "../../protocols/rfb/screen-page.ts";
import { encodeText } from "../../protocols/rfb/to-client.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import { shown } from "../../test/kit/screen-tape.ts";
import { SessionKit } from "../../test/kit/session-kit.ts";
import {
  openScreen,
  rerunScreen,
  type ScreenSession,
  TEST_SCREEN,
} from "../../test/kit/vnc-session.ts";
import type { Rule } from "../plant/model.ts";

const at = (mask: number, x = 510, y = 250): ClientMessage => ({ kind: "pointer", mask, x, y });
const key = (keysym: number, down: boolean): ClientMessage => ({ kind: "key", keysym, down });
const SHIFT = 0xffe1;

/** The jog button is held, and a key with it. */
async function jogging(kit: SessionKit): Promise<ScreenSession> {
  const screen = await openScreen(kit);
  screen.says(at(0), at(1), key(SHIFT, true));
  await kit.until(() => screen.heard().length === 3, "the presses");
  expect(screen.heard()).toEqual([at(0), at(1), key(SHIFT, true)]);
  return screen;
}

const NO_TEXTS: readonly Rule[] = [
  { name: "hands", verdict: "permit", limits: {}, match: { classes: ["observe", "operate"] } },
];

const RELEASED = [at(0), key(SHIFT, false)];
const CAUSE = { rule: "test", reason: "enough" };

test.each<[string, (screen: ScreenSession) => void]>([
  ["it is cut", ({ session }) => void session.live.end(CAUSE)],
  ["it is frozen", ({ session }) => void session.live.freeze(CAUSE)],
  ["the right to operate is lost", ({ session }) => session.live.lease(["observe"], CAUSE)],
  ["what it needs lapses", ({ session }) => void session.live.lapse("supervisor", CAUSE)],
  ["its browser is gone", ({ session }) => session.client.hangUp()],
])("a jog button held on the panel is released when %s", async (_, happens) => {
  const kit = await SessionKit.start();
  const screen = await jogging(kit);
  happens(screen);
  // In the very turn of the cause: a machine moves for as long as it takes.
  expect(screen.heard().slice(3)).toEqual(RELEASED);
  screen.says(at(1), key(SHIFT, true), at(0), key(SHIFT, false));
  screen.session.live.end(CAUSE);
  await screen.session.live.closed;
  expect(screen.heard().slice(3)).toEqual(RELEASED);
  expect(rerunScreen(screen.session).difference).toBeUndefined();
});

test("a press that waits for the disk when the session is frozen never leaves, nor does its release", async () => {
  const kit = await SessionKit.start();
  const screen = await openScreen(kit);
  kit.volume.hold();
  screen.says(at(1));
  screen.session.live.freeze(CAUSE);
  kit.volume.release();
  screen.session.live.end(CAUSE);
  await screen.session.live.closed;
  expect(screen.heard().filter((each) => each.kind === "pointer" && each.mask !== 0)).toEqual([]);
  expect(rerunScreen(screen.session).difference).toBeUndefined();
});

test("texts that an asset copies keep no session from being idle, nor are they the person's refusals", async () => {
  const kit = await SessionKit.start();
  const judged: string[] = [];
  const screen = await openScreen(kit, {
    rules: NO_TEXTS,
    hooks: { onJudged: (_, { action }, verdict) => void judged.push(`${verdict} ${action}`) },
  });
  for (let n = 0; n < 59; n += 1) {
    kit.clock.advance(1_000);
    screen.session.asset.feed(encodeText(Uint8Array.of(65)));
  }
  expect(screen.session.live.counts.refused).toBe(59);
  expect(judged).toEqual([]);
  expect(screen.session.live.lastActivityMs).toBe(kit.clock.wallMs() - 59_000);
  screen.says({ kind: "text", text: Uint8Array.of(65) });
  expect(judged).toEqual(["deny rfb:clipboard"]);
  expect(screen.session.live.lastActivityMs).toBe(kit.clock.wallMs());
});

test("a press is over once it was sent: a day of clicking keeps nothing", async () => {
  const kit = await SessionKit.start();
  const screen = await openScreen(kit);
  const settled = vi.spyOn(screen.session.live, "settled");
  for (let n = 1; n <= 5; n += 1) {
    screen.says(at(1), at(0));
    await kit.until(() => screen.heard().length === 2 * n, `press ${n}`);
    expect(settled).toHaveBeenCalledTimes(n);
  }
  screen.session.live.end(CAUSE);
  await screen.session.live.closed;
  expect(settled).toHaveBeenCalledTimes(5);
});

const SIZE = { width: 80, height: 60 };

/** A screen whose title is one colour. */
function titled(colour: number): Uint32Array {
  const pixels = new Uint32Array(SIZE.width * SIZE.height).fill(0xff000000);
  return pixels.fill(colour, 0, 8 * SIZE.width);
}

const MARK = { x: 0, y: 0, width: 80, height: 8 };
const PUMPS: ScreenPage = {
  ...{ name: "Pumps", ...SIZE },
  mark: { ...MARK, picture: referenceOf({ ...SIZE, pixels: titled(0xffa06030) }, MARK) },
  regions: [{ name: "Start", x: 20, y: 30, width: 10, height: 10 }],
};

test("a click outside of the named rectangle is refused by the rule's name, and the tape runs again", async () => {
  const kit = await SessionKit.start();
  const own = { protocol: "vnc", regions: ["Pumps/Start"] } as const;
  const rules: readonly Rule[] = [
    { name: "look", verdict: "permit", match: { classes: ["observe"] }, limits: {} },
    { name: "start", verdict: "permit", match: { classes: ["operate"], own }, limits: {} },
  ];
  const endpoint = { ...TEST_SCREEN, pages: [PUMPS] };
  const screen = await openScreen(kit, { ...SIZE, rules, endpoint });
  const { session } = screen;
  session.asset.feed(shown(SIZE.width, SIZE.height, titled(0xffa06030)));
  screen.says(at(1, 25, 35), at(0, 25, 35));
  await kit.until(() => screen.heard().length === 2, "the click");
  screen.says(at(1, 5, 35), at(0, 5, 35));
  session.asset.feed(shown(SIZE.width, SIZE.height, titled(0xff3060a0)));
  screen.says(at(1, 25, 35), at(0, 25, 35));
  session.live.end(CAUSE);
  await session.live.closed;
  expect(screen.heard()).toEqual([at(1, 25, 35), at(0, 25, 35)]);
  const clicks = session
    .ofKind("verdict")
    .flatMap(({ items }) => items.filter(({ operation }) => operation.action === "rfb:click"));
  expect(clicks).toMatchObject([
    { answer: { kind: "permit" }, rule: "start", operation: { page: "Pumps" } },
    { answer: { kind: "deny" }, reason: expect.stringContaining('on the page "Pumps"') },
    { answer: { kind: "deny" }, reason: expect.stringContaining("not recognised") },
  ]);
  const segment = await kit.evidence.recordings.segment("session-1", 0);
  const { header } = readSegment(segment ?? new Uint8Array(0));
  expect(header?.pages).toEqual([PUMPS]);
  expect(rerunScreen(session, header?.pages).difference).toBeUndefined();
  expect(rerunScreen(session).difference).toBeDefined();
});
