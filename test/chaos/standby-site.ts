/**
 * A site with two brokers as programs of their own: one database on a real PostgreSQL server, one
 * data folder, a PLC that notes what it carries out, a witness of the site log, and clients that
 * write through whichever broker is active. It is looked at all the time: two are never ready.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openEvidenceKeys } from "../../broker/evidence/keys.ts";
import { writePoints } from "../../protocols/modbus/build.ts";
import { type Child, startChild } from "../kit/child.ts";
import { ConsoleUser } from "../kit/console-user.ts";
import { freePorts } from "../kit/free-ports.ts";
import { writeOpenPlant } from "../kit/open-plant.ts";
import { databaseUrl, type TestPostgres } from "../kit/postgres.ts";
import { writeConsole } from "../kit/running-broker.ts";
import { begunLog, SALLYPORT } from "../kit/witnesses.ts";
import { WorkedSession } from "../kit/worked-session.ts";
import { DatabaseWay } from "./database-way.ts";
import { compareWithNotes, type NotesCompared } from "./kills.ts";

const MAIN = path.resolve(import.meta.dirname, "../../broker/main.ts");
const WITNESS_PLC = path.join(import.meta.dirname, "witness-plc.ts");
const ENDPOINT = "plc/modbus";
/** A broker that starts, or takes over, on a busy machine. */
const WITHIN_MS = 120_000;
const LOOK_MS = 20;
const CLIENTS = 3;
/** Pairs of address and value that no other write has. */
const ADDRESSES = 1_000;

export class Node {
  readonly port: number;
  readonly way: DatabaseWay;
  child: Child | undefined;
  private readonly environment: Readonly<Record<string, string>>;

  constructor(port: number, way: DatabaseWay, environment: Readonly<Record<string, string>>) {
    this.port = port;
    this.way = way;
    this.environment = {
      ...environment,
      // What the drills are told is no setting of a broker.
      ...{ SALLYPORT_TAKEOVERS: "", SALLYPORT_SEED: "" },
      SALLYPORT_PORT: String(port),
      SALLYPORT_DATABASE: databaseUrl(way.place),
    };
  }

  get address(): string {
    return `http://localhost:${this.port}`;
  }

  /** Resolves once it waits or is active. */
  async start(): Promise<void> {
    this.child = await startChild(process.execPath, [MAIN], {
      ready: /waits to take over|stop +Ctrl-C/,
      env: this.environment,
      withinMs: WITHIN_MS,
    });
  }

  async asked(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const answer = fetch(`${this.address}${path}`, { signal: AbortSignal.timeout(5_000) });
    return answer.then(
      async (response) => ({ status: response.status, text: await response.text() }),
      () => ({ status: 0, text: "" }),
    );
  }

  async isReady(): Promise<boolean> {
    return (await this.asked("/readyz")).status === 200;
  }

  /** The process that watches over it is stopped and let go on with it. */
  signalAll(signal: NodeJS.Signals): void {
    const pid = this.child?.process.pid;
    const listed = execFileSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
    for (const each of [...listed.split("\n").map(Number), pid])
      if (each) process.kill(each, signal);
  }
}

/** Clients of one broker, each a session in which one write after the other is asked for. */
export class Load {
  readonly acknowledged: string[] = [];
  /** Of each session, how many of its writes were refused. */
  readonly refused: number[] = [];
  private readonly sessions: WorkedSession[] = [];
  private readonly loops: Promise<void>[] = [];
  private stopped = false;

  static async begin(user: ConsoleUser, next: () => number): Promise<Load> {
    const load = new Load();
    for (let n = 0; n < CLIENTS; n += 1) {
      const session = await WorkedSession.open(user, ENDPOINT);
      load.sessions.push(session);
      load.refused.push(0);
      load.loops.push(load.write(session, n, next));
    }
    return load;
  }

  /** Resolves once so many more were acknowledged. */
  async goesOn(more: number): Promise<void> {
    const wanted = this.acknowledged.length + more;
    await until("writes are answered", () => this.acknowledged.length >= wanted);
  }

  async leave(): Promise<void> {
    this.stopped = true;
    for (const session of this.sessions) session.leave();
    await Promise.all(this.loops);
  }

  private async write(session: WorkedSession, n: number, next: () => number): Promise<void> {
    while (!this.stopped) {
      const number = next();
      const [address, value] = [number % ADDRESSES, Math.floor(number / ADDRESSES)];
      const asked = session.ask(writePoints(1, "holding-registers", address, [value]));
      const reply = await asked.catch(() => undefined);
      if (reply?.kind === "answer") {
        this.acknowledged.push(`${address} ${value}`);
        continue;
      }
      if (reply) this.refused[n] = (this.refused[n] ?? 0) + 1;
      await pause(LOOK_MS);
    }
  }
}

export class StandbySite {
  readonly nodes: readonly [Node, Node];
  readonly folder: string;
  /** Instants at which two were ready: must be none. */
  readonly both: string[] = [];
  private readonly acknowledged: string[] = [];
  private readonly server: TestPostgres;
  private readonly stops: (() => unknown)[];
  private person: ConsoleUser | undefined;
  private written = 0;
  private closed = false;

  private constructor(
    parts: Pick<StandbySite, "nodes" | "folder">,
    server: TestPostgres,
    stops: (() => unknown)[],
  ) {
    this.nodes = parts.nodes;
    this.folder = parts.folder;
    this.server = server;
    this.stops = stops;
  }

  /**
   * @param folder of its own; both brokers run, one of them is active, and somebody has enrolled
   * @param how `forwarding`: the one that waits leads people to the other one
   */
  static async start(
    server: TestPostgres,
    folder: string,
    how: "plain" | "forwarding" = "plain",
  ): Promise<StandbySite> {
    const stops: (() => unknown)[] = [];
    try {
      return await StandbySite.begin(server, folder, stops, how);
    } catch (error) {
      for (const stop of stops.toReversed()) await stop();
      throw error;
    }
  }

  private static async begin(
    server: TestPostgres,
    folder: string,
    stops: (() => unknown)[],
    how: "plain" | "forwarding",
  ): Promise<StandbySite> {
    const place = await server.database();
    const plc = await startChild(process.execPath, [WITNESS_PLC, path.join(folder, "notes")], {
      ready: /witness on (\d+)/,
    });
    stops.push(() => plc.stop());
    const key = await begunLog(path.join(folder, "data"));
    const witness = await startWitness(folder, key);
    stops.push(() => witness.stop());
    writeFileSync(path.join(folder, "policy"), `log ${key}\n${witness.ready[1]}\nquorum w1\n`);
    const first = await freePorts(4);
    const settings = settingsOf(folder, first, Number(plc.ready[1]));
    const nodeAt = async (port: number) => {
      const way = await DatabaseWay.open(path.join(folder, `way-${port}`), place);
      const peer = how === "plain" ? "" : `127.0.0.1:${port + 2}`;
      const node = new Node(port, way, { ...settings, SALLYPORT_PEER_ADDRESS: peer });
      stops.push(async () => {
        node.child?.process.kill("SIGCONT");
        await node.child?.stop();
        way.close();
      });
      return node;
    };
    const nodes = [await nodeAt(first), await nodeAt(first + 1)] as const;
    const site = new StandbySite({ nodes, folder }, server, stops);
    await nodes[0].start();
    await site.enrol(nodes[0]);
    await nodes[1].start();
    void site.look();
    return site;
  }

  /** The one that is active now; waits until there is one. */
  async active(): Promise<Node> {
    return until("a broker is active", async () => {
      for (const node of this.nodes) if (await node.isReady()) return node;
      return undefined;
    });
  }

  other(node: Node): Node {
    return this.nodes[0] === node ? this.nodes[1] : this.nodes[0];
  }

  /** Signed in where this broker is, by the sign-in that began at another one. */
  user(node: Node): ConsoleUser {
    if (!this.person) throw new Error("nobody has enrolled");
    return this.person.at(node.address);
  }

  async load(node: Node): Promise<Load> {
    const user = this.user(node);
    // A soak takes longer than a passkey counts for opening sessions.
    const confirmed = await user.stepUp();
    if (confirmed.status !== 200) throw new Error(`not confirmed: ${confirmed.text}`);
    return Load.begin(user, () => this.written++);
  }

  /** What was answered in it counts from now on. */
  async over(load: Load): Promise<void> {
    await load.leave();
    this.acknowledged.push(...load.acknowledged);
  }

  /** Lines of what the PLC has carried out. */
  notes(): readonly string[] {
    return readFileSync(path.join(this.folder, "notes"), "utf8").trimEnd().split("\n");
  }

  /** Size of the newest checkpoint of the site log that the witness has signed; 0: none. */
  witnessed(): number {
    const note = readFileSync(path.join(this.folder, "data/site-log/1/checkpoint"), "utf8");
    return note.includes("— w1") ? Number(note.split("\n")[1]) : 0;
  }

  kill(node: Node, signal: NodeJS.Signals): void {
    node.child?.process.kill(signal);
  }

  /** Stops all of it, and compares what the PLC did with what is recorded. */
  async close(): Promise<NotesCompared & { readonly unrecorded: readonly string[] }> {
    await this.stop();
    const data = path.join(this.folder, "data");
    const evidenceFolder = path.join(data, "evidence");
    const file = path.join(data, "evidence.key");
    const keys = await openEvidenceKeys({ file, evidenceFolder, auditors: [], say: () => {} });
    const seen = new Set(this.notes());
    const compared = await compareWithNotes(evidenceFolder, keys, path.join(this.folder, "notes"));
    return { ...compared, unrecorded: this.acknowledged.filter((write) => !seen.has(write)) };
  }

  /** Whatever state it is in. */
  async stop(): Promise<void> {
    this.closed = true;
    this.server.resume();
    for (const stop of this.stops.splice(0).toReversed()) await stop();
  }

  private async enrol(node: Node): Promise<void> {
    const link = /https?:\S+\/enrol\S+/.exec(node.child?.output ?? "")?.[0] ?? "";
    const user = new ConsoleUser(node.address);
    const enrolled = await user.enrol(link);
    if (enrolled.status !== 200) throw new Error(`not enrolled: ${enrolled.text}`);
    this.person = user;
  }

  private async look(): Promise<void> {
    while (!this.closed) {
      const ready = await Promise.all(this.nodes.map((node) => node.isReady()));
      if (ready.every(Boolean)) this.both.push(new Date().toISOString());
      await pause(LOOK_MS);
    }
  }
}

/** Of both brokers. */
function settingsOf(folder: string, firstPort: number, plc: number) {
  return {
    ...{ SALLYPORT_SSH_PORT: "off", SALLYPORT_OPCUA_PORT: "off", SALLYPORT_PANEL_PORT: "off" },
    SALLYPORT_STANDBY: "1",
    SALLYPORT_DATA: path.join(folder, "data"),
    SALLYPORT_PLANT: writePlant(folder, plc),
    SALLYPORT_CONSOLE: writeConsole(folder),
    SALLYPORT_WITNESS_POLICY: path.join(folder, "policy"),
    SALLYPORT_ORIGINS: [firstPort, firstPort + 1].map((port) => `http://localhost:${port}`).join(),
    SALLYPORT_REQUESTS_PER_MINUTE: "100000",
  };
}

function startWitness(folder: string, key: string): Promise<Child> {
  const flags = ["--name", "w1", "--log", key, "--data", path.join(folder, "w1"), "--port", "0"];
  return startChild(process.execPath, [SALLYPORT, "witness", ...flags], {
    ready: /^(witness \S+ \S+ http\S+)$/m,
    withinMs: WITHIN_MS,
  });
}

function writePlant(folder: string, port: number): string {
  // A busy machine lets the PLC wait; that it hangs is another drill's.
  const file = writeOpenPlant(folder, { port, inFlight: 4, responseTimeout: "20s" });
  const grant = `grants:\n  - { id: all, subject: "role:engineer", endpoint: ${ENDPOINT}, profile: everything }\n`;
  writeFileSync(file, readFileSync(file, "utf8").replace("grants: []\n", grant));
  return file;
}

/** Asks until it holds. */
export async function until<T>(
  what: string,
  holds: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const lateMs = performance.now() + WITHIN_MS;
  for (;;) {
    const held = await holds();
    if (held) return held;
    if (performance.now() > lateMs) throw new Error(`not in time: ${what}`);
    await pause(LOOK_MS);
  }
}
