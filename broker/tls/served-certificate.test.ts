import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Authority, makeAuthority } from "../../test/kit/certificates.ts";
import { makeFolder, removeFolder } from "../../test/kit/temporary.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { readPair } from "./certificate-pair.ts";
import { fromAuthority, fromFiles, LOOK_MS, ServedCertificate } from "./served-certificate.ts";
import { authorityFiles, openSiteAuthority } from "./site-authority.ts";

const HOST = "sallyport.plant.example";
const DAY_MS = 86_400_000;

let folder: string;
let authority: Authority;
const at = (name: string) => path.join(folder, name);

beforeEach(() => {
  folder = makeFolder();
  authority = makeAuthority(folder);
});
afterEach(() => removeFolder(folder));

/** Puts another certificate of the authority where the broker looks. */
function put(names: string, who: string): void {
  putCertificate(names, who);
  copyFileSync(at(`ca-${who}.key`), at("console.key"));
  chmodSync(at("console.key"), 0o600);
}

function putCertificate(names: string, who: string): void {
  const { certificateFile } = authority.issue(who, names);
  copyFileSync(certificateFile, at("console.pem"));
}

const read = (...hosts: readonly string[]) => readPair(at("console.pem"), at("console.key"), hosts);

test("certificate and key of the console's name are taken", () => {
  put(`DNS:${HOST},DNS:*.panels.example`, "one");
  const pair = read(HOST, "*.panels.example");
  expect(pair.names).toContain(HOST);
  expect(pair.notAfterMs).toBeGreaterThan(Date.now());
});

test("a key that others can read is refused", () => {
  put(`DNS:${HOST}`, "one");
  chmodSync(at("console.key"), 0o640);
  expect(() => read(HOST)).toThrow(/can be reached by others.*chmod 600/);
});

test("a certificate for another name is refused, and says for which it is", () => {
  put("DNS:elsewhere.example", "one");
  expect(() => read(HOST)).toThrow(/is not for sallyport\.plant\.example.*DNS:elsewhere\.example/);
  put(`DNS:${HOST}`, "two");
  expect(() => read(HOST, "*.panels.example")).toThrow(/\*\.panels\.example/);
});

test("a key of another certificate, a missing file and rubbish are refused in one line", () => {
  put(`DNS:${HOST}`, "one");
  putCertificate(`DNS:${HOST}`, "two");
  expect(() => read(HOST)).toThrow(/is not the key of the certificate/);
  writeFileSync(at("console.pem"), "rubbish");
  expect(() => read(HOST)).toThrow(/no certificate in PEM/);
  expect(() => readPair(at("none.pem"), at("console.key"), [])).toThrow(/none\.pem cannot be read/);
});

/** Lets what falls due happen, with the promises between. */
async function pass(clock: TestClock, ms: number): Promise<void> {
  clock.advance(ms);
  for (let turns = 0; turns < 50; turns += 1) await new Promise(setImmediate);
}

async function openFiles(clock: TestClock): Promise<ServedCertificate> {
  const files = fromFiles(at("console.pem"), at("console.key"), [HOST]);
  return ServedCertificate.open(files, clock);
}

test("changed files count without a restart, also when they come one after the other", async () => {
  put(`DNS:${HOST}`, "one");
  const clock = new TestClock(Date.now());
  const served = await openFiles(clock);
  const before = served.current().fingerprint;
  const heard: boolean[] = [];
  served.onChange((changed) => heard.push(changed));
  putCertificate(`DNS:${HOST}`, "two");
  await pass(clock, LOOK_MS);
  expect(served.current().fingerprint).toBe(before);
  expect(served.state().text).not.toMatch(/cannot be used/);
  copyFileSync(at("ca-two.key"), at("console.key"));
  await pass(clock, LOOK_MS);
  expect(served.current().fingerprint).not.toBe(before);
  expect(heard).toEqual([true]);
  served.close();
});

test("files that stay wrong are told, and the certificate before goes on", async () => {
  put(`DNS:${HOST}`, "one");
  const clock = new TestClock(Date.now());
  const served = await openFiles(clock);
  const before = served.current().fingerprint;
  putCertificate("DNS:elsewhere.example", "two");
  await pass(clock, LOOK_MS);
  await pass(clock, LOOK_MS);
  expect(served.state()).toMatchObject({ state: "attention" });
  expect(served.state().text).toMatch(/cannot be used/);
  expect(served.current().fingerprint).toBe(before);
  put(`DNS:${HOST}`, "three");
  await pass(clock, LOOK_MS);
  expect(served.current().fingerprint).not.toBe(before);
  // The test's certificates last two days: what is said now is that it ends, nothing else.
  expect(served.state().text).toMatch(/^The certificate ends on .*: renew it\.$/);
  served.close();
});

test("an end that comes near is told, and one that has come too", async () => {
  put(`DNS:${HOST}`, "one");
  const clock = new TestClock(Date.now());
  const served = await openFiles(clock);
  expect(served.state().state).toBe("attention");
  await pass(clock, 3 * DAY_MS);
  expect(served.state().state).toBe("failed");
  served.close();
});

async function openOwn(clock: TestClock, hosts = [HOST]) {
  const own = await openSiteAuthority(folder, { clock, hosts });
  return { own, served: await ServedCertificate.open(fromAuthority(own, clock, hosts), clock) };
}

test("the site's authority certifies the console, and renews long before the end", async () => {
  const clock = new TestClock(Date.now());
  const { own, served } = await openOwn(clock);
  expect(verified(served.current().certificate, HOST)).toContain("OK");
  const first = served.current();
  await pass(clock, 5 * DAY_MS);
  expect(served.current().fingerprint).toBe(first.fingerprint);
  await pass(clock, 6 * DAY_MS);
  await pass(clock, LOOK_MS);
  await expect.poll(() => served.current().fingerprint).not.toBe(first.fingerprint);
  expect(served.current().notAfterMs).toBeGreaterThan(first.notAfterMs);
  expect((await openSiteAuthority(folder, { clock, hosts: [HOST] })).fingerprint).toBe(
    own.fingerprint,
  );
  served.close();
});

/** What openssl says of a certificate for a name, with the site's authority alone trusted. */
function verified(certificate: string, host: string): string {
  writeFileSync(at("leaf.pem"), certificate);
  const args = ["-CAfile", authorityFiles(folder).certificate, "-verify_hostname", host];
  try {
    return String(execFileSync("openssl", ["verify", ...args, at("leaf.pem")], { stdio: "pipe" }));
  } catch (error) {
    return error instanceof Error && "stderr" in error ? String(error.stderr) : "";
  }
}

test("whoever trusts the site's authority trusts it for no other name", async () => {
  const clock = new TestClock(Date.now());
  const { own, served } = await openOwn(clock);
  const bank = await ServedCertificate.open(fromAuthority(own, clock, ["bank.example"]), clock);
  expect(verified(bank.current().certificate, "bank.example")).toMatch(/permitted subtree/);
  const below = `x.${HOST}`;
  const wild = await ServedCertificate.open(fromAuthority(own, clock, [`*.${HOST}`]), clock);
  expect(verified(wild.current().certificate, below)).toContain("OK");
  for (const each of [served, bank, wild]) each.close();
});

test("a console that moved to another name is told to make another authority", async () => {
  const clock = new TestClock(Date.now());
  const { served } = await openOwn(clock);
  await expect(openOwn(clock, ["moved.example"])).rejects.toThrow(
    /may only certify sallyport\.plant\.example, not moved\.example/,
  );
  served.close();
});

test("a renewal that fails is told and tried again; nothing else ends by it", async () => {
  const clock = new TestClock(Date.now());
  const { served } = await openOwn(clock);
  const { key } = authorityFiles(folder);
  renameSync(key, `${key}.away`);
  await pass(clock, 11 * DAY_MS);
  const looked = () => pass(clock, LOOK_MS).then(() => served.state().state);
  await expect.poll(looked).toBe("attention");
  renameSync(`${key}.away`, key);
  await expect.poll(looked).toBe("ok");
  served.close();
});

test("an authority whose key others can read is not used", async () => {
  const clock = new TestClock(Date.now());
  (await openOwn(clock)).served.close();
  chmodSync(authorityFiles(folder).key, 0o644);
  await expect(openOwn(clock)).rejects.toThrow(/can be reached by others/);
});
