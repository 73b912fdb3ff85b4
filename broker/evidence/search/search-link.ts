/** The broker's end of the search thread, which is started again if it dies. */
import { Worker } from "node:worker_threads";
import type { Clock } from "../../clock.ts";
import type { EvidenceKeys } from "../keys.ts";
import type { StoredFiles } from "../objects/stored-volume.ts";
import { RESTART_FIRST_MS, RESTART_MAX_MS } from "./search-limits.ts";
import type { CatalogueEntry, FromSearch, ToSearch } from "./search-messages.ts";

export interface SearchPlace {
  readonly recordings: string;
  readonly folder: string;
  readonly keys: EvidenceKeys;
  readonly clock: Clock;
  /** Recordings whose segments only an object store has. */
  readonly stored?: StoredFiles;
  /** Why something could not be indexed, or the thread died. */
  trouble(cause: string): void;
}

type Answered = Extract<FromSearch, { ask: number }>;
/** A message that is answered, without its number. */
type Question = ToSearch extends infer Message
  ? Message extends { readonly ask: number }
    ? Omit<Message, "ask">
    : never
  : never;

const THREAD = new URL("./search-thread.ts", import.meta.url);

export class SearchLink {
  private readonly place: SearchPlace;
  /** All recordings that the thread knows. */
  readonly catalogue = new Map<string, CatalogueEntry>();
  /** The folders were looked through at least once. */
  isReady = false;
  private firstLook: Promise<void> = Promise.resolve();
  private worker: Worker | undefined;
  private readonly asked = new Map<number, (answer: Answered | undefined) => void>();
  private askLast = 0;
  private restartMs = RESTART_FIRST_MS;
  private cancelRestart: (() => void) | undefined;
  private stopped = false;

  constructor(place: SearchPlace) {
    this.place = place;
    this.start();
  }

  /** False if it is not ready after this long. */
  async untilReady(patienceMs: number): Promise<boolean> {
    if (this.isReady) return true;
    let stopWaiting = (): void => {};
    const patience = new Promise<void>((resolve) => {
      stopWaiting = this.place.clock.after(patienceMs, resolve);
    });
    await Promise.race([this.firstLook, patience]);
    stopWaiting();
    return this.isReady;
  }

  /** Undefined if the thread died or was stopped. */
  ask(question: Question, transfer: readonly ArrayBuffer[] = []): Promise<Answered | undefined> {
    return this.begin(question, transfer).answer;
  }

  begin(
    question: Question,
    transfer: readonly ArrayBuffer[] = [],
  ): { readonly number: number; readonly answer: Promise<Answered | undefined> } {
    const { worker } = this;
    const number = ++this.askLast;
    if (worker === undefined) return { number, answer: Promise.resolve(undefined) };
    const answer = new Promise<Answered | undefined>((resolve) => this.asked.set(number, resolve));
    worker.postMessage({ ...question, ask: number }, transfer);
    return { number, answer };
  }

  /** What was asked under this number is answered soon, with what there is. */
  cancel(number: number): void {
    if (this.asked.has(number)) this.worker?.postMessage({ kind: "cancel", ask: number });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelRestart?.();
    const { worker } = this;
    if (worker === undefined) return;
    const gone = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    worker.postMessage({ kind: "stop" });
    await gone;
  }

  private start(): void {
    const { recordings, folder, keys } = this.place;
    const worker = new Worker(THREAD, { workerData: { recordings, folder, keys } });
    // It is busy in the background: that must keep no process alive.
    worker.unref();
    let cause = "it ended";
    worker.on("message", (message: FromSearch) => this.receive(message));
    worker.on("error", (error) => {
      cause = error instanceof Error ? error.message : String(error);
    });
    worker.on("exit", () => this.died(cause));
    this.worker = worker;
    this.firstLook = this.ask({ kind: "look" }).then((answer) => {
      if (answer === undefined) return;
      this.isReady = true;
      this.restartMs = RESTART_FIRST_MS;
    });
  }

  private receive(message: FromSearch): void {
    if (message.kind === "catalogue") {
      for (const session of message.gone) this.catalogue.delete(session);
      for (const entry of message.entries) this.catalogue.set(entry.header.session, entry);
    } else if (message.kind === "trouble") this.place.trouble(message.cause);
    else if (message.kind === "missing") void this.bring(message);
    else {
      this.asked.get(message.ask)?.(message);
      this.asked.delete(message.ask);
    }
  }

  /** A segment to be indexed is not on this machine. */
  private async bring({ session, number }: Extract<FromSearch, { kind: "missing" }>) {
    const { stored, trouble } = this.place;
    if (stored?.isOnlyThere(session) !== true) {
      trouble(`segment ${number} of ${session} is missing`);
      return;
    }
    try {
      const bytes = await stored.read(session, `segments/${number}.seg`);
      if (bytes) this.worker?.postMessage({ kind: "fetched", session, number, bytes });
    } catch (error) {
      trouble(error instanceof Error ? error.message : String(error));
    }
  }

  private died(cause: string): void {
    this.worker = undefined;
    this.isReady = false;
    this.catalogue.clear();
    for (const resolve of this.asked.values()) resolve(undefined);
    this.asked.clear();
    if (this.stopped) return;
    this.place.trouble(`the search thread stopped: ${cause}`);
    this.cancelRestart = this.place.clock.after(this.restartMs, () => this.start());
    this.restartMs = Math.min(this.restartMs * 2, RESTART_MAX_MS);
  }
}
