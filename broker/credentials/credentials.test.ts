import { randomBytes } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder, removeFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { openStore } from "../store/store.ts";
import { CredentialKeyRefused, openCredentialKey } from "./credential-key.ts";
import { Credentials } from "./credentials.ts";
import { openSecret, SecretUnreadable, sealSecret } from "./envelope.ts";

const PASSWORD = "correct-horse-battery";

function folder(): string {
  const made = makeFolder();
  onTestFinished(() => removeFolder(made));
  return made;
}

async function site(key = randomBytes(32), place = folder()) {
  const path = join(place, "site.db");
  const store = await openStore({ path });
  onTestFinished(() => store.close());
  return { path, store, credentials: new Credentials(store, key, systemClock) };
}

const ANA = { name: "Ana" };
const LOGIN = { kind: "password", user: "admin", password: PASSWORD } as const;

test("a credential comes back whole for the leg that dials, and only for its endpoint", async () => {
  const { credentials } = await site();
  await credentials.set(ANA, "switch-1/ssh", LOGIN);
  expect(await credentials.of("switch-1/ssh")).toEqual(LOGIN);
  expect(await credentials.of("switch-2/ssh")).toBeUndefined();
});

test("neither the list nor the events nor the files of the database hold the secret", async () => {
  const { credentials, store, path } = await site();
  await credentials.set(ANA, "switch-1/ssh", LOGIN);
  const list = await credentials.list();
  expect(list).toMatchObject([{ endpoint: "switch-1/ssh", kind: "password", user: "admin" }]);
  const events = await store.log.list({});
  expect(JSON.stringify({ list, events })).not.toContain(PASSWORD);
  for (const file of [path, `${path}-wal`]) {
    expect(readFileSync(file).includes(PASSWORD)).toBe(false);
  }
});

test("one set on the host is an alarm, one of the first start or of a person is not", async () => {
  const { credentials, store } = await site();
  await credentials.set({ name: "The example plant", firstStart: true }, "panel-1/screen", {
    ...LOGIN,
    user: "",
  });
  await credentials.set({ id: "ana", name: "Ana" }, "switch-1/ssh", LOGIN);
  await credentials.set(ANA, "switch-2/ssh", LOGIN);
  const events = await store.log.list({});
  expect(events.map(({ priority, text }) => [priority, text]).reverse()).toEqual([
    ["event", "The example plant set what panel-1/screen is signed in to with (password)."],
    ["event", 'Ana set what switch-1/ssh is signed in to with (password of "admin").'],
    ["alarm", 'Ana set what switch-2/ssh is signed in to with (password of "admin").'],
  ]);
});

test("a replaced credential counts from the next dial on, a removed one no more", async () => {
  const { credentials } = await site();
  await credentials.set(ANA, "switch-1/ssh", LOGIN);
  await credentials.set(ANA, "switch-1/ssh", { ...LOGIN, password: "another" });
  expect(await credentials.of("switch-1/ssh")).toMatchObject({ password: "another" });
  expect(await credentials.remove(ANA, "switch-1/ssh")).toBe(true);
  expect(await credentials.remove(ANA, "switch-1/ssh")).toBe(false);
  expect(await credentials.of("switch-1/ssh")).toBeUndefined();
});

test("a row that was copied to another endpoint does not open", async () => {
  const { credentials, store } = await site();
  await credentials.set(ANA, "switch-1/ssh", LOGIN);
  await store.queries.updateTable("credentials").set({ endpoint: "plc/ssh" }).execute();
  await expect(credentials.of("plc/ssh")).rejects.toThrow(SecretUnreadable);
});

test("any flipped bit, and any other key, is noticed", () => {
  const key = randomBytes(32);
  const sealed = sealSecret(key, "a/b", Buffer.from(PASSWORD));
  expect(openSecret(key, "a/b", sealed).toString()).toBe(PASSWORD);
  for (let at = 0; at < sealed.length; at++) {
    const altered = Buffer.from(sealed);
    altered[at] = (altered[at] ?? 0) ^ 1;
    expect(() => openSecret(key, "a/b", altered)).toThrow(SecretUnreadable);
  }
  for (let length = 0; length < sealed.length; length++) {
    expect(() => openSecret(key, "a/b", sealed.subarray(0, length))).toThrow(SecretUnreadable);
  }
  expect(() => openSecret(randomBytes(32), "a/b", sealed)).toThrow(SecretUnreadable);
});

test("the key is made once, for its owner alone, and read again", () => {
  const file = join(folder(), "credentials.key");
  const first = openCredentialKey({ file, command: "" });
  expect(first).toHaveLength(32);
  expect(openCredentialKey({ file, command: "" })).toEqual(first);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("a key can come from a command; one that gives none is refused", () => {
  const file = join(folder(), "elsewhere");
  writeFileSync(file, randomBytes(32).toString("base64"), { mode: 0o600 });
  expect(openCredentialKey({ file: "unused", command: `cat ${file}` })).toHaveLength(32);
  for (const command of ["false", "echo short", "/no/such/program"]) {
    expect(() => openCredentialKey({ file: "unused", command })).toThrow(CredentialKeyRefused);
  }
});
