import { expect, test } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import type { LiveSession } from "../sessions/session.ts";
import { NATIVE_ASK_MS, NativeAsks } from "./native-asks.ts";

const ASKING = { target: "switch", protocol: "ssh", address: "10.0.0.7", tool: "OpenSSH" } as const;

function waiting(clock = new TestClock()) {
  const asks = new NativeAsks(clock);
  const asked = asks.ask(ASKING);
  if (!asked) throw new Error("no room");
  return { clock, asks, ...asked };
}

function session() {
  const ended: string[] = [];
  const live = { end: ({ reason }: { reason: string }) => void ended.push(reason) };
  return { ended, live: live as unknown as LiveSession };
}

test("its number is among different choices", () => {
  const { ask } = waiting();
  expect(ask.choices).toContain(ask.number);
  expect(new Set(ask.choices).size).toBe(3);
});

test("what nobody approves in time is told so, and is gone", async () => {
  const { asks, ask, answered, clock } = waiting();
  clock.advance(NATIVE_ASK_MS + 1);
  expect(await answered).toEqual({ kind: "ended", reason: "nobody approved it" });
  expect(asks.get(ask.id)).toBeUndefined();
  expect(asks.pick(ask.id, ask.number)).toBe("gone");
  expect(await asks.approve(ask.id, "s", async () => session().live)).toBeUndefined();
});

test("a session that opens when its tool has gone is ended again", async () => {
  const { asks, ask, withdraw } = waiting();
  const { live, ended } = session();
  const approved = await asks.approve(ask.id, "s", async () => {
    withdraw();
    return live;
  });
  expect(approved).toBeUndefined();
  expect(ended).toHaveLength(1);
});

test("two who approve at once open one session", async () => {
  const { asks, ask } = waiting();
  let opened = 0;
  const open = async () => {
    opened += 1;
    await Promise.resolve();
    return session().live;
  };
  const both = [asks.approve(ask.id, "a", open), asks.approve(ask.id, "b", open)];
  const sessions = await Promise.all(both);
  expect(opened).toBe(1);
  expect(sessions.filter((each) => each !== undefined)).toHaveLength(1);
});

test("an approval that fails leaves it waiting for the next one", async () => {
  const { asks, ask } = waiting();
  const refused = asks.approve(ask.id, "a", () => Promise.reject(new Error("no grant")));
  await expect(refused).rejects.toThrow("no grant");
  expect(await asks.approve(ask.id, "a", async () => session().live)).toBeDefined();
});

test("four of one address and 256 of all may wait, and no more", () => {
  const asks = new NativeAsks(new TestClock());
  const from = (address: string) => asks.ask({ ...ASKING, address });
  for (let n = 0; n < 4; n++) expect(from("10.0.0.1")).toBeDefined();
  expect(from("10.0.0.1")).toBeUndefined();
  // One IPv6 host has a whole network of addresses.
  for (let n = 0; n < 4; n++) expect(from(`2001:db8::${n}`)).toBeDefined();
  expect(from("2001:db8::4")).toBeUndefined();
  for (let n = 0; n < 248; n++) expect(from(`10.0.1.${n}`)).toBeDefined();
  expect(from("10.0.2.1")).toBeUndefined();
});
