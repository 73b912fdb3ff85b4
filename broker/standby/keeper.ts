/**
 * Beside an active broker that another one may take over from: a process of its own that kills it
 * when it stands still. A broker that was stopped (a debugger, a signal, a hypervisor's hand on
 * one process) keeps its locks and would go on writing whenever it is let go on. Killed, it never
 * does: the system frees its locks at its end and not before, so whoever holds them next is alone.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { BEAT_MS } from "./keeper-process.ts";

const PROGRAM = new URL("./keeper-run.ts", import.meta.url).pathname;
/** Of a container without an init of its own: no signal from within ends it, whoever sends it. */
const FIRST_PROCESS = 1;
/** After one was lost, for example to a machine without memory. */
const AGAIN_MS = 1_000;

const NEEDS_INIT =
  "SALLYPORT_STANDBY: this is process 1 of its container, which nothing within can end when it stands still: start it with an init (docker run --init, shareProcessNamespace: true)";

export class Keeper {
  private readonly said: (line: string) => void;
  private child: ChildProcess | undefined;
  private closed = false;
  private again: NodeJS.Timeout | undefined;
  private readonly beats: NodeJS.Timeout;

  private constructor(said: (line: string) => void) {
    this.said = said;
    this.beats = setInterval(() => this.beat(), BEAT_MS);
  }

  /** Resolves once it watches. Rejects where it could not, with words for a person. */
  static async start(said: (line: string) => void, pid = process.pid): Promise<Keeper> {
    if (pid === FIRST_PROCESS) throw new Error(NEEDS_INIT);
    const keeper = new Keeper(said);
    try {
      await keeper.run();
      return keeper;
    } catch (error) {
      keeper.close();
      throw error;
    }
  }

  /** Nobody watches from here on. */
  close(): void {
    this.closed = true;
    clearInterval(this.beats);
    clearTimeout(this.again);
    this.child?.stdin?.end();
    this.child?.kill("SIGKILL");
  }

  private async run(): Promise<void> {
    const { PATH } = process.env;
    const child = spawn(process.execPath, [PROGRAM, String(process.pid)], {
      // Nothing of the broker's environment: there are secrets in it.
      env: { ...(PATH && { PATH }) },
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.child = child;
    child.stdin.on("error", () => {});
    const ended = once(child, "close").catch(() => {});
    const watches = once(child.stdout, "data").then(() => true);
    watches.catch(() => {});
    const isThere = await Promise.race([watches, ended.then(() => false)]);
    if (!isThere) throw new Error("no process can be started that watches over this one");
    void ended.then(() => this.lost());
  }

  /** The locks hold without it; only one that stands still would hold them for ever. */
  private lost(): void {
    if (this.closed) return;
    this.said("the process that watches over this one has ended: another one is started");
    this.again = setTimeout(() => {
      this.run().catch(() => this.lost());
    }, AGAIN_MS);
  }

  private beat(): void {
    const stdin = this.child?.stdin;
    // One that stands still itself reads nothing.
    if (stdin && !stdin.writableNeedDrain && !stdin.destroyed) stdin.write(".");
  }
}
