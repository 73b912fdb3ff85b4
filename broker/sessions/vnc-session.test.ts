/** Sessions on a screen over memory legs: nothing stays pressed, whatever takes the session away. */
import { expect, test, vi } from "vitest";
import type { ClientMessage } from "../../protocols/rfb/client-message.ts";
import { SessionKit } from "../../test/kit/session-kit.ts";
import { openScreen, rerunScreen, type ScreenSession } from "../../test/kit/vnc-session.ts";

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
