/** The broker's side of one run of the OPC UA process: its wire, its heartbeat and its end. */
import type { ChildProcess } from "node:child_process";
import type { Duplex } from "node:stream";
import type { ShownIdentity } from "../../../plant/shown-identity.ts";
import { dialAsset } from "../dial-asset.ts";
import { CarriedConnection } from "./carried-connection.ts";
import type { CarriedWord } from "./carried-socket.ts";
import type { AssetsWire, DistantTarget } from "./distant-session.ts";
import { NativeClients, type ServedClient } from "./native-clients.ts";
import { jsonOf, KIND, Wire, type WireMessage } from "./wire.ts";

const BEAT_EVERY_MS = 1_000;
/** Beats in a row without an answer: it is in an endless loop, or the machine is stuck. */
const BEATS_MISSED_MAX = 10;
/** The library takes seconds to load on a slow machine. */
const READY_WITHIN_MS = 60_000;

const EXIT_WITHIN_MS = 1_000;
/** Assets are told that their sessions are over, if they listen. */
const FAREWELL_MS = 1_000;

/** Of one target: its session's, one that is being opened anew, and discovery's; one to spare. */
const CONNECTIONS_MAX = 4;

export class RunningProcess implements AssetsWire {
  readonly wire: Wire;
  /** Connections to assets that this process holds for the other one. */
  private readonly carried = new Map<number, CarriedConnection>();
  /** How many connections are being made for each target. */
  private readonly dialling = new Map<number, number>();
  private readonly goodbyes = new Set<Promise<void>>();
  private readonly child: ChildProcess;
  private readonly died: (why: string) => void;
  private readonly targets = new Map<number, DistantTarget>();
  private readonly clients: NativeClients;
  private readonly ready = Promise.withResolvers<void>();
  private beating: NodeJS.Timeout | undefined;
  private last = 0;
  private missed = 0;
  private why: string | undefined;

  private constructor(child: ChildProcess, pipe: Duplex, died: (why: string) => void) {
    this.child = child;
    this.died = died;
    this.wire = new Wire(
      pipe,
      (message) => this.heard(message),
      (method, args) => this.answer(method, args),
      (why) => this.left(why),
    );
    this.clients = new NativeClients(this.wire, () => this.next());
    child.on("error", (error) => this.kill(error.message));
    child.once("exit", (code, signal) => this.gone(`it ended with ${signal ?? code}`));
  }

  static async begin(child: ChildProcess, pipe: Duplex, died: (why: string) => void) {
    const running = new RunningProcess(child, pipe, died);
    const late = setTimeout(() => running.kill("it did not begin in time"), READY_WITHIN_MS);
    try {
      await running.ready.promise;
      // Not before: while it loads the library it answers nothing, for seconds on a busy machine.
      if (running.why === undefined) {
        running.beating = setInterval(() => running.beat(), BEAT_EVERY_MS).unref();
      }
      return running;
    } finally {
      clearTimeout(late);
    }
  }

  private next(): number {
    this.last += 1;
    return this.last;
  }

  keep(target: DistantTarget): number {
    const id = this.next();
    this.targets.set(id, target);
    return id;
  }

  forget(id: number): void {
    if (this.targets.delete(id)) this.wire.word(id, { forget: true });
  }

  connection(id: number, target: number): CarriedConnection | undefined {
    const carried = this.carried.get(id);
    return carried?.isFor(target) ? carried : undefined;
  }

  closing(closing: Promise<void>): void {
    this.goodbyes.add(closing);
    void closing.finally(() => this.goodbyes.delete(closing));
  }

  serve(served: ServedClient): void {
    this.clients.serve(served);
  }

  closeDoor(id: number): void {
    this.clients.closeDoor(id);
  }

  /** Resolves when it was told; it goes by itself. Assets hear that their sessions are over. */
  async end(): Promise<void> {
    const late = new Promise((done) => setTimeout(done, FAREWELL_MS));
    await Promise.race([Promise.allSettled([...this.goodbyes]), late]);
    await this.wire.call("end", {}).catch(() => undefined);
  }

  private heard(message: WireMessage): void {
    const { kind, id, body } = message;
    const asset = this.carried.get(id);
    if (kind === KIND.beat) this.missed = 0;
    else if (kind === KIND.taken && asset) asset.taken(body.readUInt32LE(0));
    else if (kind === KIND.chunk && asset) asset.fromProcess(body);
    else if (kind !== KIND.word) this.clients.heard(message);
    else this.word(message, jsonOf(body) as Word);
  }

  private word(message: WireMessage, { ready, unknown, carried }: Word): void {
    const { id } = message;
    const asset = this.carried.get(id);
    if (ready) this.ready.resolve();
    else if (unknown !== undefined) this.targets.get(id)?.unknownCertificate?.(unknown);
    else if (carried !== undefined && asset) asset.told(carried);
    else this.clients.heard(message);
  }

  private async answer(method: string, args: unknown): Promise<unknown> {
    switch (method) {
      case "dial":
        return this.dial((args as { readonly id: number }).id);
      case "lend":
        return this.lend((args as { readonly connection: number }).connection);
      case "credential":
        return this.targets.get((args as { readonly id: number }).id)?.credential();
    }
    const answering = this.clients.answer(method, args);
    if (!answering) throw new Error(`no call ${method}`);
    return answering;
  }

  /** Only what the broker itself has just asked to be reached. */
  private async dial(target: number): Promise<number> {
    const known = this.targets.get(target);
    if (!known) throw new Error("nobody waits for it any more");
    const live = [...this.carried.values()].filter((each) => each.target === target).length;
    const dialling = this.dialling.get(target) ?? 0;
    if (live + dialling >= CONNECTIONS_MAX) throw new Error("it has too many connections already");
    this.dialling.set(target, dialling + 1);
    const socket = await dialAsset(known).finally(() => this.dialled(target));
    if (!this.targets.has(target) || this.why !== undefined) {
      socket.destroy();
      throw new Error("nobody waits for it any more");
    }
    const id = this.next();
    const closed = () => void this.carried.delete(id);
    const { wire } = this;
    this.carried.set(
      id,
      new CarriedConnection({ ...{ id, wire, socket, target, closed }, peer: "asset" }),
    );
    return id;
  }

  private dialled(target: number): void {
    const left = (this.dialling.get(target) ?? 1) - 1;
    if (left > 0) this.dialling.set(target, left);
    else this.dialling.delete(target);
  }

  private async lend(id: number): Promise<number> {
    const connection = this.carried.get(id);
    if (!connection) throw new Error("the connection is closed");
    return connection.lend();
  }

  private beat(): void {
    this.missed += 1;
    if (this.missed > BEATS_MISSED_MAX) return void this.kill("it did not answer any more");
    this.wire.send(KIND.beat, 0);
  }

  /** The pipe tells it first; how the process ended is known a moment later. */
  private left(why: string): void {
    this.child.kill("SIGKILL");
    setTimeout(() => this.gone(why), EXIT_WITHIN_MS).unref();
  }

  private kill(why: string): void {
    this.child.kill("SIGKILL");
    this.gone(why);
  }

  /** Each of its sessions ends with a reason; the system has closed its sockets, or does now. */
  private gone(why: string): void {
    if (this.why !== undefined) return;
    this.why = why;
    clearInterval(this.beating);
    this.wire.close(why);
    this.ready.reject(new Error(`the OPC UA process could not begin: ${why}`));
    const reason = `the OPC UA process of the broker failed: ${why}`;
    for (const connection of [...this.carried.values()]) connection.end(reason);
    this.clients.gone(reason);
    this.targets.clear();
    this.died(why);
  }
}

interface Word {
  readonly ready?: boolean;
  readonly carried?: CarriedWord;
  readonly unknown?: ShownIdentity;
}
