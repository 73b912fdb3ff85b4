/**
 * The OPC UA library in a process of its own: started when it is first needed, watched, and
 * started again when it has died. What it can do to the broker is send it frames, which a guard
 * judges; what a peer can do to it ends OPC UA sessions, each with a reason, and no other.
 *
 * What runs where. In that process: the finding, opening, proving and renewing of channels and
 * sessions, of native clients as at assets, with the broker's private key; all that a client sends
 * before somebody has shown a ticket. In the broker: the connections, and, once a session is open,
 * its messages (`secured-session.ts`, `client-connection.ts`): their chunks are opened and sealed
 * by the strict code of `symmetric/` with the keys that the process hands over.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type { OpcuaDoorways } from "../client-asking.ts";
import type { IdentitySource } from "../kept-identity.ts";
import type { AssetSessions } from "../opcua-connection.ts";
import { DistantSessions, type DistantTarget } from "./distant-session.ts";
import { RunningProcess } from "./running-process.ts";

/** Native clients of one door. */
export interface OpcuaClients {
  /** @param socket paused, nothing read; it is theirs from now on */
  serve(socket: Socket, closed: () => void): void;
  /** A connection that is no socket of the system's. */
  serveStream(stream: Duplex): void;
  close(): void;
}

const CHILD = fileURLToPath(new URL("./opcua-child.ts", import.meta.url));
/** Some hundred sessions; a peer that makes it grow further ends this process and no other. */
const HEAP_MAX_MB = 512;
const PIPE = 3;
/** A process that dies at once is not started in a loop. */
const AGAIN_AFTER_MS = 1_000;
const AGAIN_MAX_MS = 30_000;
/** A run of this length was a good one. */
const GOOD_MS = 60_000;
const END_WITHIN_MS = 3_000;

/** What becomes of the process when nobody asked for it. */
export interface OpcuaProcessNews {
  /** It has ended, and its sessions with it. */
  failed(why: string): void;
  /** It runs again. */
  well?(): void;
}

export class OpcuaProcess {
  readonly identity: IdentitySource;
  private readonly file: string;
  private readonly news: OpcuaProcessNews;
  private running: Promise<RunningProcess> | undefined;
  private child: ChildProcess | undefined;
  private startedMs = 0;
  private failures = 0;
  private isComing = false;
  private doors = 0;
  private over = false;

  /**
   * @param file the broker's certificate and key
   * @param identity reads or makes that file
   */
  constructor(file: string, identity: IdentitySource, news: OpcuaProcessNews) {
    this.file = file;
    this.identity = identity;
    this.news = news;
  }

  /** Of the process; undefined while it does not run. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Ahead of a tool that comes soon: it takes seconds, and tools are impatient. */
  async begin(): Promise<void> {
    await this.reach();
  }

  sessions(target: DistantTarget): AssetSessions & Pick<DistantSessions, "identify"> {
    return new DistantSessions(target, () => this.reach());
  }

  clients(door: OpcuaDoorways): OpcuaClients {
    this.doors += 1;
    const id = this.doors;
    const serve = async (socket: Duplex & Whence, closed: () => void) => {
      try {
        const running = await this.reach();
        if (socket.destroyed) return closed();
        const { remoteAddress, remotePort } = socket;
        running.serve({ id, door, socket, closed, remoteAddress, remotePort });
      } catch {
        socket.destroy();
        closed();
      }
    };
    return {
      serve: (socket, closed) => void serve(socket, closed),
      serveStream: (stream) => {
        stream.on("error", () => stream.destroy());
        stream.pause();
        void serve(stream, () => undefined);
      },
      close: () => {
        this.running?.then(
          (running) => running.closeDoor(id),
          () => undefined,
        );
      },
    };
  }

  /** Sessions were closed before; resolves when the process is gone. */
  async close(): Promise<void> {
    if (this.over) return;
    this.over = true;
    const { child, running } = this;
    if (!child || !running) return;
    const gone = new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      else child.once("exit", () => resolve());
    });
    const late = setTimeout(() => child.kill("SIGKILL"), END_WITHIN_MS);
    await running.then(
      (each) => each.end(),
      () => child.kill("SIGKILL"),
    );
    await gone;
    clearTimeout(late);
  }

  private reach(): Promise<RunningProcess> {
    if (this.over) return Promise.reject(new Error("the broker is stopping"));
    this.running ??= this.start();
    return this.running;
  }

  private async start(): Promise<RunningProcess> {
    await this.pause();
    if (this.over) throw new Error("the broker is stopping");
    this.startedMs = performance.now();
    try {
      // Made here where it is missing: one process alone writes it.
      await this.identity();
      const child = this.spawn();
      const pipe = child.stdio[PIPE] as Duplex;
      return await RunningProcess.begin(child, pipe, (why) => this.died(child, why));
    } catch (error) {
      this.failures += 1;
      this.running = undefined;
      throw error;
    }
  }

  /** Whoever asks meanwhile waits along. */
  private async pause(): Promise<void> {
    if (this.failures === 0) return;
    const againMs = Math.min(AGAIN_MAX_MS, AGAIN_AFTER_MS * 2 ** (this.failures - 1));
    const waitMs = this.startedMs + againMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
  }

  /** Over the one pipe alone: Node's own channel to a child keeps whatever that says, without a bound. */
  private spawn(): ChildProcess {
    const { PATH, NODE_OPTIONS } = process.env;
    const heap = `--max-old-space-size=${HEAP_MAX_MB}`;
    const child = spawn(process.execPath, [heap, CHILD, this.file, String(process.pid)], {
      // Nothing of the broker's environment: there are secrets in it.
      env: { ...(PATH && { PATH }), ...(NODE_OPTIONS && { NODE_OPTIONS }) },
      stdio: ["ignore", "ignore", "inherit", "pipe"],
    });
    this.child = child;
    return child;
  }

  private died(child: ChildProcess, why: string): void {
    if (this.child !== child) return;
    this.child = undefined;
    this.running = undefined;
    this.failures = performance.now() - this.startedMs > GOOD_MS ? 1 : this.failures + 1;
    if (this.over) return;
    this.news.failed(why);
    void this.again();
  }

  /** Not only when somebody comes: who stands before it then is impatient, and the site wants to know. */
  private async again(): Promise<void> {
    if (this.isComing) return;
    this.isComing = true;
    while (!this.over) {
      try {
        await this.reach();
        this.news.well?.();
        break;
      } catch {
        // Told already; the next try waits longer.
      }
    }
    this.isComing = false;
  }
}

/** Of a socket; a stream comes from nowhere. */
interface Whence {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}
