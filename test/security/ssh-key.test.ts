/** Registered keys of people's own SSH clients: a key names its person, and alone opens nothing. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { NativeAskView } from "../../broker/api/shapes/native.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import type { SshKeyView } from "../../broker/api/shapes/ssh-keys.ts";
import { SWITCH_LOGIN } from "../../simulators/assets/ssh-switch.ts";
import type { RequestOptions } from "../kit/authenticator.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { type AskingClient, askAtDoor } from "../kit/native-client.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

// Slow: a broker each, and OpenSSH's own client.
const SLOW = { timeout: 120_000 };
const TARGET = "switch-works";
const folder = mkdtempSync(join(tmpdir(), "sallyport-keys-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Site {
  readonly broker: RunningBroker;
  readonly port: number;
  readonly eva: ConsoleUser;
  readonly ben: ConsoleUser;
}

let optional: Site;
let required: Site;
beforeAll(async () => {
  optional = await openSite({});
  required = await openSite({ SALLYPORT_SSH_KEYS: "required" });
}, 120_000);
afterAll(async () => {
  await optional?.broker.close();
  await required?.broker.close();
});

async function openSite(environment: Readonly<Record<string, string>>): Promise<Site> {
  const broker = await startRunningBroker({ SALLYPORT_SSH_PORT: "0", ...environment });
  const { body } = await broker.first.ask<{ ssh: { port: number } }>("GET", "/api/native");
  const eva = await broker.invite("Eva", ["engineer"]);
  const ben = await broker.invite("Ben", ["engineer"]);
  const credential = { kind: "password", ...SWITCH_LOGIN };
  await broker.first.ask("POST", "/api/credentials", { endpoint: `${TARGET}/ssh`, credential });
  return { broker, port: body.ssh.port, eva, ben };
}

function makeKey(name: string, type = "ed25519", ...more: readonly string[]) {
  const file = join(folder, name);
  const args = ["-q", "-t", type, "-N", "", "-C", name, "-f", file, ...more];
  execFileSync("ssh-keygen", args, { stdio: "pipe" });
  return { file, publicKey: readFileSync(`${file}.pub`, "utf8") };
}

interface ToSign {
  readonly text: string;
  readonly options: RequestOptions;
}

async function register(who: ConsoleUser, publicKey: string, label = "laptop") {
  const begun = await who.ask<ToSign>("POST", "/api/me/ssh-keys/options", { label, publicKey });
  if (begun.status !== 200) return begun as unknown as { status: number; body: SshKeyView };
  const { text, options } = begun.body;
  const response = who.authenticator.assert(options);
  return who.ask<SshKeyView>("POST", "/api/me/ssh-keys", { text, response });
}

const withKey = (file: string) => [
  ...["-tt", "-i", file, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"],
  ...["-o", "PreferredAuthentications=publickey,keyboard-interactive"],
];

async function asking({ port }: Site, file: string): Promise<AskingClient> {
  const tool = await askAtDoor(port, TARGET, [], withKey(file));
  onTestFinished(() => tool.stop());
  return tool;
}

async function approve(who: ConsoleUser, { id, number }: Pick<AskingClient, "id" | "number">) {
  const ask = await who.ask<Partial<NativeAskView>>("GET", `/api/native/${id}`);
  const found = ask.body.grants?.find(({ profile }) => profile === "switch-maintenance");
  const body = { number, grant: found?.id ?? "none" };
  const begun = await who.ask<ToSign>("POST", `/api/native/${id}/options`, body);
  if (begun.status !== 200) return begun;
  const { text, options } = begun.body;
  const response = who.authenticator.assert(options);
  return who.ask<{ session: string }>("POST", `/api/native/${id}`, { text, response });
}

async function events({ broker }: Site): Promise<readonly SiteEventView[]> {
  return (await broker.first.ask<SiteEventView[]>("GET", "/api/events")).body;
}

test(
  "a key names its person, who alone approves; removed, it ends what it opened",
  SLOW,
  async () => {
    const { eva, ben } = optional;
    const { file, publicKey } = makeKey("eva");
    const added = await register(eva, publicKey);
    expect(added.status).toBe(201);
    const fingerprint = execFileSync("ssh-keygen", ["-lf", `${file}.pub`])
      .toString()
      .split(" ")[1];
    expect(added.body).toMatchObject({ label: "laptop", fingerprint, usedMs: null });

    const tool = await asking(optional, file);
    const seen = await eva.ask<NativeAskView>("GET", `/api/native/${tool.id}`);
    expect(seen.body).toMatchObject({ key: "laptop", endpoint: `${TARGET}/ssh` });
    expect((await ben.ask<NativeAskView>("GET", `/api/native/${tool.id}`)).body.endpoint).toBe(
      null,
    );
    expect((await approve(ben, tool)).status).toBe(404);
    expect((await approve(eva, tool)).status).toBe(200);
    await tool.says(/sw-works[>#]/);
    const [key] = (await eva.ask<SshKeyView[]>("GET", "/api/me/ssh-keys")).body;
    expect(key?.usedMs).toBeGreaterThan(0);
    expect((await ben.ask<SshKeyView[]>("GET", "/api/me/ssh-keys")).body).toEqual([]);
    expect((await ben.ask("DELETE", `/api/me/ssh-keys/${key?.id}`)).status).toBe(404);

    expect((await eva.ask("DELETE", `/api/me/ssh-keys/${key?.id}`)).status).toBe(204);
    expect(await tool.ended).not.toBe(0);
    const kinds = (await events(optional)).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(["ssh-key:added", "ssh-key:removed"]));
    const end = (await events(optional)).find(({ kind }) => kind === "session:ended");
    expect(end?.text).toContain("ssh-key-removed");
  },
);

test("where keys are required, none and an unknown one get no question at all", SLOW, async () => {
  const { eva } = required;
  const stranger = makeKey("stranger");
  await expect(asking(required, stranger.file)).rejects.toThrow(/Permission denied \(publickey\)/);
  await expect(askAtDoor(required.port, TARGET)).rejects.toThrow(/Permission denied \(publickey\)/);
  for (const [type, ...more] of [["ecdsa"], ["rsa", "-b", "3072"]] as const) {
    const { file, publicKey } = makeKey(`required-${type}`, type, ...more);
    expect((await register(eva, publicKey, type)).status).toBe(201);
    const tool = await asking(required, file);
    expect((await approve(eva, tool)).status).toBe(200);
    await tool.says(/sw-works[>#]/);
    tool.type("exit\r");
    expect(await tool.ended).toBe(0);
  }
});

test("a public key alone, without its private half, is no key", SLOW, async () => {
  const { eva } = required;
  const own = makeKey("own");
  expect((await register(eva, own.publicKey, "own")).status).toBe(201);
  const other = makeKey("other");
  // The client shows the registered key and signs with another one.
  const liar = join(folder, "liar");
  execFileSync("cp", [other.file, liar]);
  execFileSync("cp", [`${own.file}.pub`, `${liar}.pub`]);
  await expect(asking(required, liar)).rejects.toThrow(/Permission denied|ended without/);
});

test(
  "what is no key, too weak, private or somebody's already is not registered",
  SLOW,
  async () => {
    const { eva, ben } = optional;
    const mine = makeKey("twice");
    expect((await register(eva, mine.publicKey)).status).toBe(201);
    const weak = makeKey("weak", "rsa", "-b", "1024");
    const secret = readFileSync(mine.file, "utf8");
    const [type = "", base64 = ""] = mine.publicKey.split(" ");
    for (const [who, text] of [
      [ben, mine.publicKey],
      [eva, mine.publicKey],
      [ben, weak.publicKey],
      [ben, secret],
      [ben, `command="sh" ${mine.publicKey}`],
      [ben, `ssh-dss ${base64}`],
      [ben, `${type} ${base64.slice(0, 20)}`],
      [ben, `${type} ${base64}\n${type} ${base64}`],
      [ben, "ssh-ed25519"],
    ] as const) {
      const answer = await register(who, text);
      expect([text.slice(0, 30), answer.status]).toEqual([text.slice(0, 30), 400]);
      expect(JSON.stringify(answer.body)).not.toContain(base64);
    }
    expect((await ben.ask<SshKeyView[]>("GET", "/api/me/ssh-keys")).body).toEqual([]);
  },
);

test("a signature for one key registers no other", SLOW, async () => {
  const { ben } = optional;
  const [one, other] = [makeKey("signed"), makeKey("swapped")];
  const wanted = { label: "laptop", publicKey: one.publicKey };
  const begun = await ben.ask<ToSign>("POST", "/api/me/ssh-keys/options", wanted);
  const { text, options } = begun.body;
  const response = ben.authenticator.assert(options);
  const swap = (key: string) => key.split(" ")[1] ?? "";
  const forged = text.replace(swap(one.publicKey), swap(other.publicKey));
  expect(forged).not.toBe(text);
  const lied = await ben.ask("POST", "/api/me/ssh-keys", { text: forged, response });
  expect(lied.status).toBeGreaterThanOrEqual(400);
  expect((await ben.ask<SshKeyView[]>("GET", "/api/me/ssh-keys")).body).toEqual([]);
});
