/**
 * The release as a stranger unpacks it: its archive, its checksums, its command with nothing else of
 * the machine, and what it is run by: systemd's units and the image's description.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { makeRelease } from "../../deploy/release/make-release.ts";
import { type Child, runProgram, startChild } from "../kit/child.ts";
import { freePorts, PLANT_PORTS } from "../kit/free-ports.ts";
import { found } from "../kit/programs.ts";
import { freePort } from "../kit/site-in-browser.ts";
import { makeFolder } from "../kit/temporary.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const DEPLOY = path.join(ROOT, "deploy");

let made: string;
/** Unpacked from the archive, as somebody else gets it. */
let folder: string;
let broker: Child | undefined;

beforeAll(async () => {
  made = makeFolder();
  const { archive } = await makeRelease(path.join(made, "out"));
  const to = path.join(made, "opt");
  mkdirSync(to);
  execFileSync("tar", ["-C", to, "-xzf", archive]);
  folder = path.join(to, path.basename(archive).replace(/\.tar\.gz$/, ""));
}, 400_000);

afterAll(async () => {
  await broker?.stop();
  await rm(made, { recursive: true, force: true });
}, 300_000);

test("the archive and every file in it are what their checksums say", () => {
  const out = path.join(made, "out");
  const [sum = ""] = readdirSync(out).filter((name) => name.endsWith(".sha256"));
  execFileSync("sha256sum", ["-c", "--quiet", sum], { cwd: out });
  execFileSync("sha256sum", ["-c", "--quiet", "SHA256SUMS"], { cwd: folder });
  const listed = readFileSync(path.join(folder, "SHA256SUMS"), "utf8").trim().split("\n").length;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  expect(files.filter((entry) => entry.isFile())).toHaveLength(listed + 1);
}, 120_000);

test("nothing of how it is made or tested is in it, and no data of anybody", () => {
  const names = readdirSync(folder);
  expect(names.toSorted()).toEqual(
    [
      ...["LICENSE", "README.md", "SECURITY.md", "SHA256SUMS", "bin", "broker", "configuration.md"],
      ...["deploy", "dist", "node", "node_modules", "package.json", "protocols", "sbom.cdx.json"],
      "simulators",
    ].toSorted(),
  );
  const sources = readdirSync(path.join(folder, "broker"), { recursive: true }).map(String);
  expect(sources.filter((name) => name.endsWith(".test.ts"))).toEqual([]);
  for (const absent of ["vitest", "playwright-core", "@biomejs", "@mantine", "vite"]) {
    expect(existsSync(path.join(folder, "node_modules", absent))).toBe(false);
  }
});

test("the bill of materials names what runs and what was built in", () => {
  const bill = JSON.parse(readFileSync(path.join(folder, "sbom.cdx.json"), "utf8"));
  expect(bill.bomFormat).toBe("CycloneDX");
  const names = bill.components.map(({ name }: { name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(["fastify", "socket.io", "react"]));
  expect(names).not.toContain("vitest");
});

/** Nothing of this machine's: no Node.js of the project, no settings. */
const BARE = { PATH: "/usr/bin:/bin", NODE_OPTIONS: "", HOME: "/nonexistent" };

test("its command runs with its own Node.js", async () => {
  const command = path.join(folder, "bin/sallyport");
  const told = await runProgram(command, ["doctor", "--json"], {
    ...{ env: { ...BARE, SALLYPORT_DATA: path.join(made, "none") }, withinMs: 60_000 },
  });
  expect(told.code).toBe(0);
  const runtime = JSON.parse(told.output).find(({ name }: { name: string }) => name === "runtime");
  expect(runtime.text).toContain("Node.js v24");
}, 120_000);

test("it starts where nothing is installed, serves its console and is ready", async () => {
  const port = String(await freePort());
  const env = {
    ...BARE,
    SALLYPORT_DATA: path.join(made, "data"),
    SALLYPORT_PORT: port,
    SALLYPORT_SIMULATOR_PORT: String(await freePorts(PLANT_PORTS)),
    SALLYPORT_SSH_PORT: "0",
    SALLYPORT_OPCUA_PORT: "0",
    SALLYPORT_PANEL_PORT: "0",
  };
  const command = path.join(folder, "bin/sallyport");
  broker = await startChild(command, ["start"], {
    ...{ env, withinMs: 120_000 },
    ready: /stop +Ctrl-C/,
  });
  const page = await fetch(`http://localhost:${port}/`);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain("<script");
  const ready = await runProgram(command, ["ready"], { env, withinMs: 60_000 });
  expect(ready).toMatchObject({ code: 0 });
  await broker.stop();
  expect((await runProgram(command, ["ready"], { env, withinMs: 60_000 })).code).toBe(1);
}, 400_000);

test.skipIf(!found("systemd-analyze"))(
  "the units are hardened, by systemd's own measure",
  async () => {
    const limits = { "sallyport.service": 2, "sallyport-backup.service": 1 };
    for (const [unit, most] of Object.entries(limits)) {
      const args = ["security", "--offline=true", path.join(DEPLOY, "systemd", unit)];
      const { output } = await runProgram("systemd-analyze", args, { withinMs: 60_000 });
      const [, score] = /Overall exposure level for \S+: ([\d.]+)/.exec(output) ?? [];
      expect(Number(score), `${unit}: ${output.slice(-500)}`).toBeLessThanOrEqual(most);
    }
  },
  120_000,
);

test("the settings of the units are settings", async () => {
  // As deploy/README.md reads them into a shell; systemd takes the same quotes away.
  const file = path.join(DEPLOY, "systemd/sallyport.env");
  const shell = execFileSync("sh", ["-ec", `set -a; . ${file}; env`], { env: BARE }).toString();
  const set = shell.split("\n").filter((line) => line.startsWith("SALLYPORT_"));
  expect(set).toContain("SALLYPORT_FIRST_NAME=First administrator");
  const env = Object.fromEntries(set.map((line) => line.split(/=(.*)/s).slice(0, 2)));
  const plant = path.join(DEPLOY, "examples/water-plant.yaml");
  const { code, output } = await runProgram(path.join(folder, "bin/sallyport"), ["security"], {
    ...{ env: { ...BARE, ...env, SALLYPORT_PLANT: plant }, withinMs: 60_000 },
  });
  expect(output).toContain("met      SR 3.1");
  expect(code).toBe(0);
}, 120_000);

interface Service {
  readonly networks: readonly string[];
  readonly read_only?: boolean;
  readonly user?: string;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
}

test("in the composed networks the broker alone has more than one leg, and nobody is root", () => {
  const text = readFileSync(path.join(DEPLOY, "docker/compose.yaml"), "utf8");
  const { services, networks } = parse(text);
  expect(networks.plant).toEqual({ internal: true });
  for (const [name, each] of Object.entries<Service>(services)) {
    expect(each.networks.length > 1).toBe(name === "broker");
    expect(each.networks.includes("plant")).toBe(name === "broker");
    expect(each).toMatchObject({ read_only: true, user: "10001:10001", cap_drop: ["ALL"] });
    expect(each.security_opt).toContain("no-new-privileges:true");
    expect(each.privileged).toBeUndefined();
  }
  const image = readFileSync(path.join(DEPLOY, "docker/Dockerfile"), "utf8");
  const last = image.slice(image.lastIndexOf("\nFROM "));
  expect(last).toMatch(/^USER 10001:10001$/m);
  expect(last).toMatch(/^HEALTHCHECK /m);
  expect(last).not.toContain("npm");
});
