import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConfigInvalid, readConfig, settingReference } from "./config.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-config-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems;
    throw error;
  }
  return [];
}

test("without any setting the console is at localhost:7480 and only this machine reaches it", () => {
  const config = readConfig({});
  expect(config.listen).toBe("127.0.0.1");
  expect(config.origins).toEqual(["http://localhost:7480"]);
  expect(config.rpId).toBe("localhost");
  expect(Object.isFrozen(config)).toBe(true);
});

test("every default lies within its own bounds", () => {
  expect(problemsOf({})).toEqual([]);
});

test("all problems are reported at once, one line each, naming the variable", () => {
  const problems = problemsOf({
    SALLYPORT_PORT: "99999",
    SALLYPORT_ORIGINS: "http://plant.example",
    SALLYPORT_SIGN_IN_IDLE: "2h",
  });
  expect(problems).toHaveLength(3);
  expect(problems.every((line) => !line.includes("\n"))).toBe(true);
  expect(problems.join()).toMatch(/SALLYPORT_PORT.*65535/);
});

test("a misspelt variable is refused instead of being ignored", () => {
  expect(problemsOf({ SALLYPORT_POORT: "1" }).join()).toContain("SALLYPORT_POORT is not a setting");
});

test("a secret is not repeated in the message about it", () => {
  expect(problemsOf({ SALLYPORT_METRICS_TOKEN: "tooshort" }).join()).not.toContain("tooshort");
});

test.each([
  ["http://plant.example", "plain http elsewhere than on this machine"],
  ["https://plant.example/", "a trailing slash"],
  ["https://10.0.0.1", "an IP address, where passkeys never work"],
  ["http://localhost.evil.example", "a look-alike of localhost"],
  ["null", "no origin"],
])("the origin %s is refused: %s", (origin) => {
  expect(problemsOf({ SALLYPORT_ORIGINS: origin })).toHaveLength(1);
});

test("passkeys are bound to the domain of the origins, and another one is refused", () => {
  const origins = "https://sallyport.plant.example";
  expect(readConfig({ SALLYPORT_ORIGINS: origins }).rpId).toBe("sallyport.plant.example");
  expect(problemsOf({ SALLYPORT_ORIGINS: origins, SALLYPORT_RP_ID: "plant.example" })).toEqual([]);
  expect(problemsOf({ SALLYPORT_ORIGINS: origins, SALLYPORT_RP_ID: "lant.example" })).toHaveLength(
    1,
  );
});

test("with TLS the console is https everywhere, and settings that contradict it are named", () => {
  const siteCa = { SALLYPORT_TLS: "site-ca" };
  expect(readConfig(siteCa).origins).toEqual(["https://localhost:7480"]);
  expect(problemsOf({ ...siteCa, SALLYPORT_ORIGINS: "http://localhost:7480" }).join()).toContain(
    "must be https",
  );
  expect(problemsOf({ SALLYPORT_TLS: "files", SALLYPORT_TLS_KEY: "k.pem" }).join()).toContain(
    "SALLYPORT_TLS_CERTIFICATE",
  );
  expect(problemsOf({ ...siteCa, SALLYPORT_TLS_KEY: "k.pem" })).toHaveLength(1);
  expect(problemsOf({ SALLYPORT_HTTP_PORT: "80" }).join()).toContain("SALLYPORT_TLS");
});

test("the file is read, and the environment goes before it", () => {
  const file = join(folder, "sallyport.yaml");
  writeFileSync(file, "port: 8000\nsession-idle: 5m\ntrusted-proxies: [10.0.0.5, 10.1.0.0/24]\n");
  const config = readConfig({ SALLYPORT_CONFIG: file, SALLYPORT_PORT: "8001" });
  expect(config.port).toBe(8001);
  expect(config.sessionIdleMs).toBe(300_000);
  expect(config.trustedProxies).toEqual(["10.0.0.5", "10.1.0.0/24"]);
});

test("a problem in the file names the file and the key", () => {
  const file = join(folder, "sallyport.yaml");
  writeFileSync(file, "port: many\nsesion-idle: 5m\n");
  const problems = problemsOf({ SALLYPORT_CONFIG: file });
  expect(problems).toHaveLength(2);
  expect(problems.join("\n")).toContain(`${file}: port`);
});

test.each(["- a\n- b\n", "port: {a: 1}\n", "port: [\n"])(
  "the file %j is refused in one line",
  (text) => {
    const file = join(folder, "sallyport.yaml");
    writeFileSync(file, text);
    expect(problemsOf({ SALLYPORT_CONFIG: file })).toHaveLength(1);
  },
);

test("the reference names every variable once, with what it accepts", () => {
  const reference = settingReference();
  expect(new Set(reference.map((row) => row.variable)).size).toBe(reference.length);
  for (const row of reference) {
    expect(row.variable).toBe(`SALLYPORT_${row.fileKey.toUpperCase().replaceAll("-", "_")}`);
    expect(row.description).toMatch(/\.$/);
    expect(row.accepts).not.toBe("");
  }
});

test("a standby needs what another broker can take over, and a port that probes know", () => {
  const problems = problemsOf({ SALLYPORT_STANDBY: "1", SALLYPORT_PORT: "0" });
  expect(problems).toEqual([
    "SALLYPORT_STANDBY needs SALLYPORT_DATABASE",
    "SALLYPORT_STANDBY needs a SALLYPORT_PORT that probes know",
  ]);
});

test("where the other broker reaches this one is a host with a port, and counts with a standby", () => {
  const peer = { SALLYPORT_PEER_ADDRESS: "10.1.0.5:7444" };
  expect(problemsOf(peer)).toEqual(["SALLYPORT_PEER_ADDRESS counts with SALLYPORT_STANDBY"]);
  const pair = { SALLYPORT_STANDBY: "1", SALLYPORT_DATABASE: "postgres://a@b/c" };
  expect(readConfig({ ...pair, ...peer }).peerAddress).toEqual({ host: "10.1.0.5", port: 7_444 });
  expect(readConfig(pair).peerAddress).toBeUndefined();
  for (const text of ["10.1.0.5", "0.0.0.0:7444", "[::]:7444"]) {
    const odd = problemsOf({ ...pair, SALLYPORT_PEER_ADDRESS: text });
    expect(odd.join()).toContain("SALLYPORT_PEER_ADDRESS must be host:port");
  }
});

test("a gateway's addresses of control are hosts with ports", () => {
  const wrong = problemsOf({ SALLYPORT_GATEWAY_CONTROLS: "a.example:7443, b.example" });
  expect(wrong.join()).toContain("SALLYPORT_GATEWAY_CONTROLS");
  const right = readConfig({ SALLYPORT_GATEWAY_CONTROLS: "10.1.0.5:7443, [fd00::6]:7443" });
  expect(right.gatewayControls).toHaveLength(2);
});
