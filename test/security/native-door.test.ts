/** The SSH door with OpenSSH's own client: who is let in, who is not, and what ends it. */
import { connect } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { NativeAskView } from "../../broker/api/shapes/native.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { SWITCH_LOGIN } from "../../simulators/assets/ssh-switch.ts";
import type { RequestOptions } from "../kit/authenticator.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { type AskingClient, askAtDoor } from "../kit/native-client.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

const TARGET = "switch-works";
let site: RunningBroker;
let port: number;
let eva: ConsoleUser;

beforeAll(async () => {
  site = await startRunningBroker({ SALLYPORT_SSH_PORT: "0" });
  const doors = await site.first.ask<{ ssh: { port: number } }>("GET", "/api/native");
  port = doors.body.ssh.port;
  eva = await site.invite("Eva", ["engineer"]);
  const credential = { kind: "password", ...SWITCH_LOGIN };
  const set = await site.first.ask("POST", "/api/credentials", {
    ...{ endpoint: `${TARGET}/ssh`, credential },
  });
  expect(set.status).toBeLessThan(300);
}, 60_000);
afterAll(() => site.close());

async function asking(target = TARGET, more: readonly string[] = []): Promise<AskingClient> {
  const tool = await askAtDoor(port, target, more);
  onTestFinished(() => tool.stop());
  return tool;
}

interface ToSign {
  readonly text: string;
  readonly options: RequestOptions;
}

/** As the page does: picks the number, signs exactly that. */
async function approve(
  who: ConsoleUser,
  { id, number }: Pick<AskingClient, "id" | "number">,
  profile = "switch-maintenance",
) {
  const ask = await who.ask<Partial<NativeAskView>>("GET", `/api/native/${id}`);
  const grant = ask.body.grants?.find((each) => each.profile === profile)?.id ?? "none";
  const body = { number, grant };
  const begun = await who.ask<ToSign>("POST", `/api/native/${id}/options`, body);
  if (begun.status !== 200) return begun;
  const { text, options } = begun.body;
  const response = who.authenticator.assert(options);
  return who.ask<{ session: string }>("POST", `/api/native/${id}`, { text, response });
}

async function events(): Promise<readonly SiteEventView[]> {
  return (await site.first.ask<SiteEventView[]>("GET", "/api/events")).body;
}

test("who approves the right number with the passkey has a session in their tool", async () => {
  const tool = await asking();
  const ask = await eva.ask<NativeAskView>("GET", `/api/native/${tool.id}`);
  expect(ask.body).toMatchObject({ endpoint: `${TARGET}/ssh`, address: "127.0.0.1" });
  expect(ask.body.choices).toContain(tool.number);
  expect(JSON.stringify(ask.body)).not.toContain('"number"');
  const approved = await approve(eva, tool);
  expect(approved.status).toBe(200);
  await tool.says(/sw-works[>#]/);
  tool.type("show version\r");
  await tool.says(/switch/i);
  tool.type("exit\r");
  expect(await tool.ended).toBe(0);
});

test("it has the rights of the grant that was chosen, and no more", async () => {
  const tool = await asking();
  expect((await approve(eva, tool, "switch-look")).status).toBe(200);
  await tool.says(/Sallyport: shell is not permitted in this session/);
  await tool.ended;
});

test("another number than the tool shows opens nothing, ends the asking and rings", async () => {
  const tool = await asking();
  const ask = await eva.ask<NativeAskView>("GET", `/api/native/${tool.id}`);
  const wrong = ask.body.choices.find((number) => number !== tool.number) ?? 0;
  const answer = await approve(eva, { id: tool.id, number: wrong });
  expect(answer.status).toBe(409);
  await tool.says(/Not opened: another number was picked in the browser/);
  expect((await approve(eva, tool)).status).toBe(404);
  const event = { kind: "native:mismatched", priority: "alarm" };
  expect(await events()).toContainEqual(expect.objectContaining(event));
});

test("who started nothing refuses, the tool is told, and an alarm is raised", async () => {
  const tool = await asking();
  expect((await eva.ask("POST", `/api/native/${tool.id}/refusal`, {})).status).toBe(204);
  await tool.says(/Not opened: it was refused in the browser/);
  const event = { kind: "native:refused", priority: "alarm" };
  expect(await events()).toContainEqual(expect.objectContaining(event));
  const alarms = await site.first.ask<{ alarms: { kind: string }[] }>("GET", "/api/alarms");
  expect(JSON.stringify(alarms.body)).toContain("tool-not-started");
});

test("a name that nobody has waits like one that somebody has, and opens nothing", async () => {
  const tool = await asking("no-such-asset");
  const ask = await eva.ask<NativeAskView>("GET", `/api/native/${tool.id}`);
  expect(ask.body).toMatchObject({ endpoint: null, assetName: null });
  expect((await approve(eva, tool)).status).toBe(404);
});

test("who has no grant for it opens nothing, and may not even see it without the right", async () => {
  const vic = await site.invite("Vic", ["vendor"]);
  const aud = await site.invite("Aud", ["auditor"]);
  const tool = await asking();
  expect((await aud.ask("GET", `/api/native/${tool.id}`)).status).toBe(404);
  const seen = await vic.ask<NativeAskView>("GET", `/api/native/${tool.id}`);
  expect([200, 404]).toContain(seen.status);
  if (seen.status === 200) expect(seen.body.endpoint).toBeNull();
  expect((await approve(vic, tool)).status).toBe(404);
});

test("what one person signed for one tool opens no other", async () => {
  const [first, second] = [await asking(), await asking()];
  const begun = await eva.ask<ToSign>("POST", `/api/native/${first.id}/options`, {
    number: first.number,
  });
  const response = eva.authenticator.assert(begun.body.options);
  const body = { text: begun.body.text, response };
  const other = await eva.ask("POST", `/api/native/${second.id}`, body);
  expect(other.status).toBeGreaterThanOrEqual(400);
  expect(second.output).not.toMatch(/sw-works/);
});

test("a supervisor ends it, and the terminal says who and why", async () => {
  const sam = await site.invite("Sam", ["supervisor"]);
  const tool = await asking();
  const approved = await approve(eva, tool);
  await tool.says(/sw-works[>#]/);
  const { session } = approved.body as { session: string };
  const reason = "the shift is over";
  const ended = await sam.ask("POST", `/api/sessions/${session}/end`, { reason });
  expect(ended.status).toBeLessThan(300);
  await tool.says(/Sallyport: .*the shift is over/);
  await tool.ended;
});

test("it ends with the sign-in that approved it", async () => {
  const lea = await site.invite("Lea", ["engineer"]);
  const tool = await asking();
  const approved = await approve(lea, tool);
  expect(approved.status).toBe(200);
  await tool.says(/sw-works[>#]/);
  await lea.ask("POST", "/api/sign-out", {});
  await tool.ended;
  const live = await site.first.ask<unknown>("GET", "/api/sessions");
  const { session } = approved.body as { session: string };
  expect(JSON.stringify(live.body)).not.toContain(session);
});

test("a fifth asking of one address waits for no page, and is told why", async () => {
  const four = await Promise.all([1, 2, 3, 4].map(() => asking()));
  await expect(asking()).rejects.toThrow(/Too many sign-ins are waiting/);
  for (const tool of four) tool.stop();
  await Promise.all(four.map(({ ended }) => ended));
});

test("connections that say nothing are bounded and let go", async () => {
  const sockets = Array.from({ length: 60 }, () => connect({ port, host: "127.0.0.1" }));
  let closed = 0;
  for (const socket of sockets) {
    socket.on("error", () => undefined);
    socket.on("data", () => undefined);
    socket.on("close", () => closed++);
  }
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await expect.poll(() => closed, { timeout: 20_000, interval: 200 }).toBe(60);
  // The door is open again.
  expect((await asking()).number).toBeGreaterThan(9);
});
