import { once } from "node:events";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import type { SignedIn, SignInEnd } from "../identity/identity.ts";
import type { Right } from "../policy/rights.ts";
import type { SignIn } from "../store/model.ts";
import { RunningDownloads } from "./running-downloads.ts";

const NEEDED = ["recording:own", "recording:all"] as const;

/** Two downloads of one person's two sign-ins, or of a program's token. */
function downloads(scope?: SignedIn["scope"]) {
  const clock = new TestClock();
  const rights = new Set<Right>(["recording:all", "recording:export", "session:open"]);
  /** Of each asset: what is closed there alone. */
  const closed = new Map<string, Right>();
  const signedIn = new Set(["one", "two"]);
  const listeners: ((signIn: SignIn, end: SignInEnd) => void)[] = [];
  const who = (id: string) => ({ signIn: { id }, ...(scope && { scope }) }) as unknown as SignedIn;
  const known = (id: string) => (signedIn.has(id) ? who(id) : undefined);
  const watching = new RunningDownloads({
    signIns: {
      get: known,
      onEnded: (listener) => {
        listeners.push(listener);
        return () => undefined;
      },
    },
    tokens: { asOfNow: async (me) => known(me.signIn.id) },
    decisions: {
      rights: () => rights,
      mayAt: (_, right, asset) => rights.has(right) && closed.get(asset) !== right,
    },
    clock,
  });
  const begun = (id: string, asset?: string) => {
    const content = new PassThrough();
    watching.watch({ content, asset }, who(id), NEEDED);
    return content;
  };
  const end = (id: string) => {
    signedIn.delete(id);
    for (const hear of listeners) hear({ id } as SignIn, { rule: "person-disabled", reason: "" });
  };
  return { clock, rights, closed, signedIn, end, one: begun("one"), two: begun("two"), begun };
}

test("a download ends in the turn in which its sign-in does, and no other", () => {
  const { end, one, two } = downloads();
  end("one");
  expect(one.destroyed).toBe(true);
  expect(two.destroyed).toBe(false);
});

test("a download ends soon after a right it was admitted by is lost, and not for another", () => {
  const { clock, rights, one } = downloads();
  rights.delete("session:open");
  clock.advance(5_000);
  expect(one.destroyed).toBe(false);
  rights.delete("recording:export");
  clock.advance(1_000);
  expect(one.destroyed).toBe(true);
});

test("a download ends soon after its right is lost at the site that it is about, and no other", () => {
  const { clock, closed, begun } = downloads();
  const [there, elsewhere] = [begun("one", "linz-plc"), begun("one", "houston-plc")];
  closed.set("linz-plc", "recording:all");
  clock.advance(1_000);
  expect([there.destroyed, elsewhere.destroyed]).toEqual([true, false]);
});

test("a program's download ends once its token does, and its end is looked at no more", async () => {
  const { clock, signedIn, one, two } = downloads({ tokenId: "t" } as SignedIn["scope"]);
  two.destroy();
  await once(two, "close");
  signedIn.clear();
  const failed = once(one, "error");
  for (let n = 0; n < 3; n++) {
    await new Promise(setImmediate);
    clock.advance(1_000);
  }
  expect(await failed).toMatchObject([{ problem: { code: "signed-out" } }]);
});

test("what took so long to make that its person is gone is not begun", () => {
  const { signedIn, begun } = downloads();
  signedIn.clear();
  expect(begun("one").destroyed).toBe(true);
});
