/**
 * A PostgreSQL server of a test's own, in a temporary folder and on a Unix socket there. It goes with the process that started it, however that ends.
 */
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { test } from "vitest";
import { databaseSocket } from "../../broker/legs/database-socket.ts";
import type { DatabaseDialer, PostgresPlace } from "../../broker/store/postgres-place.ts";
import { freePorts } from "./free-ports.ts";
import { makeFolder, removeFolder } from "./temporary.ts";

/** Debian keeps them off the path, a folder for each version. */
const DEBIAN = "/usr/lib/postgresql";

function programs(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map(Number) : [];
  const newest = Math.max(...versions.filter((version) => version >= 13));
  const folder = path.join(DEBIAN, String(newest), "bin");
  return existsSync(path.join(folder, "postgres")) ? folder : undefined;
}

/** Why a server cannot run here. */
export function noPostgres(): string | undefined {
  if (!programs()) return "PostgreSQL (Debian's package postgresql) is not installed";
  if (process.getuid?.() === 0 && !userOf("postgres")) return "there is no user postgres";
  return undefined;
}

/** A `test` that needs PostgreSQL; in continuous integration a machine without it fails. */
export function testWithPostgres(): typeof test | ReturnType<typeof test.skipIf> {
  const reason = noPostgres();
  if (!reason) return test;
  if (process.env.CI) {
    test("PostgreSQL must be installed in continuous integration", () => {
      throw new Error(reason);
    });
  }
  process.stderr.write(`tests on PostgreSQL skipped: ${reason}\n`);
  return test.skipIf(true);
}

export interface TestPostgres {
  readonly port: number;
  readonly socketFolder: string;
  /** An empty database, over the Unix socket. */
  database(): Promise<PostgresPlace>;
  /** As the superuser, in `postgres` or in a database. */
  ask(sql: string, database?: string): Promise<readonly Record<string, unknown>[]>;
  /** Stops every process of it as it is, and lets them go on. */
  pause(): void;
  resume(): void;
  /** Ends it as a crash would, and starts it again. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const SUPERUSER = "sallyport";
const READY_WITHIN_MS = 60_000;

export interface PostgresOptions {
  /** It listens on 127.0.0.1 besides, by TLS alone and for whoever has a password. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

export async function startPostgres({ tls }: PostgresOptions = {}): Promise<TestPostgres> {
  const bin = programs();
  if (!bin) throw new Error(noPostgres());
  const folder = serverFolder();
  const owner = process.getuid?.() === 0 ? userOf("postgres") : undefined;
  if (owner) chownSync(folder, owner.uid, owner.gid);
  chmodSync(folder, 0o700);
  const data = path.join(folder, "data");
  const as = owner
    ? ["--reuid", String(owner.uid), "--regid", String(owner.gid), "--clear-groups"]
    : [];
  const initdb = ["-D", data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-sync"];
  execFileSync("setpriv", [...as, path.join(bin, "initdb"), ...initdb, "--locale=C.UTF-8"], {
    stdio: "pipe",
    cwd: "/",
  });
  const port = await freePorts(1);
  const lines = [
    `listen_addresses = '${tls ? "127.0.0.1" : ""}'`,
    `ssl = ${tls ? "on" : "off"}`,
    `port = ${port}`,
    `unix_socket_directories = '${folder}'`,
    "shared_buffers = 16MB",
    // In its folder, so that nothing is left behind.
    "dynamic_shared_memory_type = mmap",
    "max_connections = 40",
  ];
  appendFileSync(path.join(data, "postgresql.conf"), `${lines.join("\n")}\n`);
  if (tls) {
    const write = (name: string, text: string) => {
      const file = path.join(data, name);
      writeFileSync(file, text, { mode: 0o600 });
      if (owner) chownSync(file, owner.uid, owner.gid);
    };
    write("server.crt", tls.certificate);
    write("server.key", tls.key);
    write("pg_hba.conf", "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n");
  }
  const server = new Server(bin, as, data, { folder, port });
  await server.start();
  return server;
}

/** A fresh cluster and what tests write into it fit several times. */
const MEMORY_MIN_BYTES = 1024 ** 3;

/** In memory where there is room: each commit waits for the disk, and only the machine may lose it. */
function serverFolder(): string {
  const memory = "/dev/shm";
  const free = () => {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize;
  };
  if (!existsSync(memory) || free() < MEMORY_MIN_BYTES) return makeFolder();
  return mkdtempSync(path.join(memory, "sallyport-"));
}

class Server implements TestPostgres {
  readonly port: number;
  readonly socketFolder: string;
  private readonly command: readonly string[];
  private child: ReturnType<typeof spawn> | undefined;

  constructor(
    bin: string,
    as: readonly string[],
    data: string,
    { folder, port }: { folder: string; port: number },
  ) {
    this.port = port;
    this.socketFolder = folder;
    // SIGQUIT, for its own children to end with it, once whoever started it is gone.
    this.command = [...as, "--pdeathsig", "QUIT", path.join(bin, "postgres"), "-D", data];
  }

  async start(): Promise<void> {
    if (this.child) return;
    const child = spawn("setpriv", this.command, { cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
    this.child = child;
    let said = "";
    child.stderr?.on("data", (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-4_000);
    });
    const giveUpMs = performance.now() + READY_WITHIN_MS;
    for (;;) {
      if (child.exitCode !== null || performance.now() > giveUpMs) throw new Error(said);
      const answered = await this.ask("select 1").catch(() => undefined);
      if (answered) return;
      await pause(30);
    }
  }

  async database(): Promise<PostgresPlace> {
    const database = `site_${randomBytes(6).toString("hex")}`;
    await this.ask(`create database ${database}`);
    const { port, socketFolder: host } = this;
    return { host, port, database, user: SUPERUSER, password: undefined };
  }

  async ask(sql: string, database = "postgres"): Promise<readonly Record<string, unknown>[]> {
    const { socketFolder: host, port } = this;
    const client = new pg.Client({ host, port, user: SUPERUSER, database, ssl: false });
    client.on("error", () => {});
    try {
      await client.connect();
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  pause(): void {
    for (const pid of this.processes()) signal(pid, "SIGSTOP");
  }

  resume(): void {
    for (const pid of this.processes()) signal(pid, "SIGCONT");
  }

  async kill(): Promise<void> {
    this.resume();
    await this.end("SIGQUIT");
  }

  async stop(): Promise<void> {
    this.resume();
    await this.end("SIGQUIT");
    removeFolder(this.socketFolder);
  }

  private async end(how: NodeJS.Signals): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "close");
    child.kill(how);
    await ended;
  }

  /** The server first, then those that it started. */
  private processes(): readonly number[] {
    const server = this.child?.pid;
    if (server === undefined) return [];
    const children = execFileSync("ps", ["-o", "pid=", "--ppid", String(server)], {
      encoding: "utf8",
    });
    return [server, ...children.split("\n").map(Number)].filter((pid) => pid > 0);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

function userOf(name: string): { uid: number; gid: number } | undefined {
  try {
    const id = (flag: string) => Number(execFileSync("id", [flag, name], { encoding: "utf8" }));
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    return undefined;
  }
}

/** Through the broker's own leg, with no plant behind. */
export const dialDatabase: DatabaseDialer = (place) => databaseSocket({ plant: () => [] }, place);

/** As `SALLYPORT_DATABASE` has it. */
export function databaseUrl({ host, port, user, database }: PostgresPlace): string {
  return host.startsWith("/")
    ? `postgres://${user}@/${database}?host=${host}&port=${port}`
    : `postgres://${user}@${host}:${port}/${database}`;
}
