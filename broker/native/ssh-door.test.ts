/** The door for SSH clients, with a client that goes its own ways while a person decides. */
import path from "node:path";
import ssh2 from "ssh2";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import type { LiveSession } from "../sessions/session.ts";
import { type NativeAsk, NativeAsks } from "./native-asks.ts";
import { SshDoor } from "./ssh-door.ts";
import { loadSshHostKey } from "./ssh-host-key.ts";

/** The messages that a client sends by itself, in what order it likes. */
interface RawClient {
  readonly _protocol: {
    authKeyboard(user: string): void;
    authPassword(u: string, p: string): void;
  };
}

/** Keeps what was asked, in its order. */
class SeenAsks extends NativeAsks {
  readonly seen: NativeAsk[] = [];

  override ask(asking: Parameters<NativeAsks["ask"]>[0]) {
    const asked = super.ask(asking);
    if (asked) this.seen.push(asked.ask);
    return asked;
  }
}

async function door(): Promise<{ readonly asks: SeenAsks; readonly port: number }> {
  const asks = new SeenAsks(systemClock);
  const hostKey = loadSshHostKey(path.join(temporaryFolder(), "host.key"));
  const where = { listen: "127.0.0.1", port: 0, origin: "http://localhost" };
  const opened = await SshDoor.open({ ...where, hostKey, asks, seen: () => undefined });
  onTestFinished(() => {
    asks.close();
    opened.close();
  });
  return { asks, port: opened.port };
}

/** Asks once as soon as it may, and then only when it is told to. */
function client(port: number) {
  const ssh = new ssh2.Client();
  onTestFinished(() => void ssh.destroy());
  const state = { ready: false, closed: false };
  ssh.on("error", () => undefined);
  ssh.on("ready", () => {
    state.ready = true;
  });
  ssh.on("close", () => {
    state.closed = true;
  });
  const readyTimeout = 60_000;
  const authHandler = () => ({ type: "keyboard-interactive", username: "switch", prompt() {} });
  ssh.connect({
    ...{ host: "127.0.0.1", port, username: "switch", readyTimeout },
    authHandler: authHandler as unknown as ssh2.AuthHandlerMiddleware,
  });
  const raw = (ssh as unknown as RawClient)._protocol;
  return { ssh, state, raw };
}

function session() {
  const ended: string[] = [];
  const live = {
    end: ({ reason }: { reason: string }) => void ended.push(reason),
    ownerPresent: () => undefined,
    closed: new Promise(() => undefined),
  };
  return { ended, live: live as unknown as LiveSession };
}

const WITHIN = { timeout: 20_000, interval: 10 };

test("an ask that its client has replaced opens nothing, and the one after it does", async () => {
  const { asks, port } = await door();
  const { raw, state } = client(port);
  await expect.poll(() => asks.seen.length, WITHIN).toBe(1);
  raw.authKeyboard("switch");
  await expect.poll(() => asks.seen.length, WITHIN).toBe(2);
  const [first, second] = asks.seen;
  expect(asks.get(first?.id ?? "")).toBeUndefined();
  const [lost, kept] = [session(), session()];
  expect(await asks.approve(first?.id ?? "", "sign-in", async () => lost.live)).toBeUndefined();
  expect(await asks.approve(second?.id ?? "", "sign-in", async () => kept.live)).toBe(kept.live);
  await expect.poll(() => state.ready, WITHIN).toBe(true);
  expect(kept.ended).toEqual([]);
}, 60_000);

test("a session that opens just as its ask is replaced is ended again", async () => {
  const { asks, port } = await door();
  const { raw, state } = client(port);
  await expect.poll(() => asks.seen.length, WITHIN).toBe(1);
  const opened = session();
  const approved = asks.approve(asks.seen[0]?.id ?? "", "sign-in", async () => {
    raw.authKeyboard("switch");
    await expect.poll(() => asks.seen.length, WITHIN).toBe(2);
    return opened.live;
  });
  expect(await approved).toBeUndefined();
  expect(opened.ended).toHaveLength(1);
  expect(state.ready).toBe(false);
}, 60_000);

test("another way to sign in takes back the ask as well: what nobody waits for opens nothing", async () => {
  const { asks, port } = await door();
  const { raw } = client(port);
  await expect.poll(() => asks.seen.length, WITHIN).toBe(1);
  raw.authPassword("switch", "secret");
  await expect.poll(() => asks.get(asks.seen[0]?.id ?? ""), WITHIN).toBeUndefined();
  expect(asks.seen).toHaveLength(1);
}, 60_000);
