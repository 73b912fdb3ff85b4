/**
 * A real S3-compatible server of a test's own: Ceph's RADOS gateway with a monitor and one storage
 * daemon that keeps everything in memory. No root, no configuration of the machine; it goes with the
 * process that started it, however that ends. Debian's packages radosgw, ceph-mon and ceph-osd.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { freePorts } from "./free-ports.ts";
import { testWith } from "./programs.ts";
import { makeFolder, removeFolder } from "./temporary.ts";

export const RADOS_PROGRAMS = ["radosgw", "ceph-mon", "ceph-osd", "ceph", "monmaptool", "setpriv"];

/** A `test` that needs it; in continuous integration a machine without it fails. */
export const testWithRados = () => testWith([...RADOS_PROGRAMS]);

export const KEYS = { accessKeyId: "SALLYPORTTEST", secretAccessKey: "secret-of-a-test" };

export interface RadosGateway {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** A new bucket; its name. */
  bucket(options?: { readonly lock?: boolean }): Promise<string>;
  client(): S3Client;
  /** Everything stands still, connections stay open. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** From nothing to its first answer it takes some ten seconds. */
const READY_WITHIN_MS = 90_000;
/** Its parts are not made to be started at once: one may end with a word that the next try mends. */
const ATTEMPTS_MAX = 3;

export async function startRadosGateway(): Promise<RadosGateway> {
  let folder = makeFolder();
  let port = 0;
  const children: ChildProcess[] = [];
  const stop = async () => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    children.length = 0;
    removeFolder(folder);
  };
  for (let attempt = 1; port === 0; attempt += 1) {
    const first = await freePorts(2);
    try {
      await startAll(folder, first, first + 1, children);
      port = first;
    } catch (error) {
      const said = ["ceph-mon", "ceph-osd", "radosgw"].map((name) => lastOf(folder, name));
      await stop();
      if (attempt < ATTEMPTS_MAX) {
        folder = makeFolder();
        continue;
      }
      throw new Error(`the RADOS gateway did not start: ${said.join(" | ")}`, { cause: error });
    }
  }
  const endpoint = `http://127.0.0.1:${port}`;
  let buckets = 0;
  const client = () =>
    new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials: KEYS });
  return {
    ...{ port, endpoint, client, stop },
    async bucket({ lock = false } = {}) {
      const Bucket = `recordings-${++buckets}`;
      await client().send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: lock }));
      return Bucket;
    },
    pause: () => void children.at(-1)?.kill("SIGSTOP"),
    resume: () => void children.at(-1)?.kill("SIGCONT"),
  };
}

async function startAll(
  folder: string,
  port: number,
  monitor: number,
  children: ChildProcess[],
): Promise<void> {
  const conf = path.join(folder, "ceph.conf");
  const id = randomUUID();
  for (const name of ["mon", "osd", "run"]) mkdirSync(path.join(folder, name));
  writeFileSync(conf, confOf(folder, port, monitor, id));
  const at = ["-c", conf];
  const run = (program: string, args: readonly string[]) =>
    execFileSync(program, [...args], { stdio: "pipe", timeout: READY_WITHIN_MS });
  const begin = (program: string, args: readonly string[]) => {
    // It ends with us, also where we are killed.
    const all = ["--pdeathsig", "KILL", program, "-f", ...args, ...at];
    const child = spawn("setpriv", all, { stdio: ["ignore", "pipe", "pipe"] });
    const log = createWriteStream(path.join(folder, `${program}.out`), { flags: "a" });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    children.push(child);
  };
  const [keyring, map] = [path.join(folder, "keyring"), path.join(folder, "monmap")];
  run("ceph-authtool", ["--create-keyring", keyring, "--gen-key", "-n", "mon."]);
  const address = `[v1:127.0.0.1:${monitor}]`;
  run("monmaptool", ["--create", "--fsid", id, "--addv", "a", address, map]);
  run("ceph-mon", ["--mkfs", "-i", "a", "--monmap", map, "--keyring", keyring, ...at]);
  begin("ceph-mon", ["-i", "a"]);
  // The storage daemon takes the cluster's name from a monitor that answers.
  await asked("ceph", [...at, "mon", "stat"]);
  run("ceph-osd", ["--mkfs", "-i", "0", "--osd-uuid", randomUUID(), ...at]);
  const disk = readFileSync(path.join(folder, "osd", "fsid"), "utf8").trim();
  await asked("ceph", [...at, "osd", "new", disk]);
  begin("ceph-osd", ["-i", "0"]);
  begin("radosgw", ["-n", "client.rgw"]);
  await untilReady(port, children);
  const who = ["--uid=test", "--display-name=test"];
  const keys = [`--access-key=${KEYS.accessKeyId}`, `--secret-key=${KEYS.secretAccessKey}`];
  await asked("radosgw-admin", [...at, "-n", "client.rgw", "user", "create", ...who, ...keys]);
}

async function asked(program: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(program, [...args], { timeout: READY_WITHIN_MS });
}

async function untilReady(port: number, children: readonly ChildProcess[]): Promise<void> {
  const endMs = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (answer?.ok) return void (await answer.text());
    if (children.some(({ exitCode }) => exitCode !== null)) throw new Error("a part of it ended");
    if (performance.now() > endMs) throw new Error("it says nothing");
    await pause(100);
  }
}

/** One of each, nothing twice, nobody asked who they are: it is on 127.0.0.1 and in memory. */
function confOf(folder: string, port: number, monitor: number, id: string): string {
  const settings = {
    fsid: id,
    "mon host": `v1:127.0.0.1:${monitor}`,
    "mon initial members": "a",
    "ms bind msgr2": "false",
    "public addr": "127.0.0.1",
    "auth cluster required": "none",
    "auth service required": "none",
    "auth client required": "none",
    "osd pool default size": "1",
    "osd pool default min size": "1",
    "osd pool default pg num": "1",
    "osd pool default pgp num": "1",
    "osd pool default pg autoscale mode": "off",
    "osd crush chooseleaf type": "0",
    "osd objectstore": "memstore",
    "memstore device bytes": String(1024 ** 3),
    "mon allow pool size one": "true",
    "mon data avail warn": "1",
    "mon data avail crit": "1",
    "mon data": path.join(folder, "mon"),
    "osd data": path.join(folder, "osd"),
    keyring: path.join(folder, "keyring"),
    "run dir": path.join(folder, "run"),
    "admin socket": path.join(folder, "run", "$name.$pid.asok"),
    "log file": path.join(folder, "$name.log"),
    "rgw frontends": `beast endpoint=127.0.0.1:${port}`,
    "rgw data": folder,
    "rgw thread pool size": "16",
    "rgw run sync thread": "false",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  return `[global]\n${lines.join("\n")}\n`;
}

function lastOf(folder: string, program: string): string {
  try {
    return `${program}: ${readFileSync(path.join(folder, `${program}.out`), "utf8").slice(-300)}`;
  } catch {
    return `${program}: nothing said`;
  }
}
