/**
 * The recorder's end of the sealer: a thread, started again if it dies, or (where a test brings
 * its own volume) an object in this thread. What it needs to begin anew is in the write-ahead.
 */
import { Worker } from "node:worker_threads";
import type { ProgressMember } from "../../protocols/log/progress.ts";
import type { Clock } from "../clock.ts";
import type { Close } from "./descriptions.ts";
import type { EvidenceKeys } from "./keys.ts";
import { type EvidenceLimits, SEALER_ADVANCE_BYTES, SEALER_ADVANCE_MS } from "./limits.ts";
import { RecorderUnavailable } from "./recorder.ts";
import { Sealer } from "./sealer.ts";
import type { FileName, FromSealer, ProgressText, ToSealer } from "./sealer-messages.ts";
import type { Unsealed } from "./unsealed-recording.ts";
import type { Volume } from "./volume.ts";

export interface SealerPlace {
  readonly recordings: string;
  readonly reserve: string;
  /** Folder that names the recordings which gateways hand over. */
  readonly handed?: string;
  readonly build: string;
  readonly limits: EvidenceLimits;
  readonly keys: EvidenceKeys;
  readonly clock: Clock;
  /** Given: the sealer works in this thread, on this volume. */
  readonly volume: Volume | undefined;
  /** What runs in the sealing thread. */
  readonly thread?: URL;
}

const THREAD = new URL("./sealer-thread.ts", import.meta.url);

export interface SealerEvents {
  freed(number: number): void;
  /** Why segments cannot be sealed now; undefined once they can. */
  trouble(cause: string | undefined): void;
  /** A segment of a screen is in place, and another follows. */
  screen?(session: string, number: number, plain: Uint8Array): void;
  /** The recording is closed on disk. */
  closed?(session: string): void;
}

interface Progress {
  readonly file: FileName;
  readonly until: number;
  readonly complete: boolean;
}

interface Port {
  post(message: ToSealer): void;
  stop(): Promise<void>;
}

interface Waiting {
  resolve(message: FromSealer | undefined): void;
}

export class SealerLink {
  private readonly place: SealerPlace;
  private readonly events: SealerEvents;
  private port: Port;
  private readonly progress = new Map<number, Progress>();
  private readonly behind = new Set<number>();
  /** Durable bytes of which the sealer was not told. */
  private untold = 0;
  private disarm: (() => void) | undefined;
  private readonly asked = new Map<number, Waiting>();
  private askLast = 0;
  private readonly closing = new Map<string, (error: Error | undefined) => void>();
  private restartMs: number;
  private stopped = false;

  constructor(place: SealerPlace, events: SealerEvents) {
    this.place = place;
    this.events = events;
    this.restartMs = place.limits.retryFirstMs;
    this.port = this.start();
  }

  /** Reaches the sealer soon, not at once: it need not wake for every commit. */
  durable(file: FileName, until: number, complete: boolean): void {
    this.untold += until - (this.progress.get(file.number)?.until ?? 0);
    this.progress.set(file.number, { file, until, complete });
    this.behind.add(file.number);
    const isMuch = this.untold >= SEALER_ADVANCE_BYTES;
    if (complete || isMuch || this.closing.size > 0) this.catchUp();
    else this.disarm ??= this.place.clock.after(SEALER_ADVANCE_MS, () => this.catchUp());
  }

  handed(payload: Uint8Array): void {
    this.catchUp();
    this.port.post({ kind: "handed", payload });
  }

  /** Resolves after the first attempt; what could not be closed then is tried again. */
  async recover(files: readonly FileName[]): Promise<readonly Close[]> {
    for (const file of files) {
      this.progress.set(file.number, { file, until: Number.MAX_SAFE_INTEGER, complete: true });
    }
    const answer = await this.ask((ask) => ({ kind: "recover", ask, files }));
    return answer?.kind === "recovered" ? answer.recovered : [];
  }

  async look(session: string | undefined): Promise<readonly Unsealed[]> {
    const answer = await this.ask((ask) => ({ kind: "look", ask, session }));
    return answer?.kind === "looked" ? answer.unsealed : [];
  }

  async plain(session: string, segment: number): Promise<Uint8Array | undefined> {
    const answer = await this.ask((ask) => ({ kind: "plain", ask, session, segment }));
    return answer?.kind === "plain" ? answer.bytes : undefined;
  }

  /** How far each recording has come that is not closed and grew since the last call. */
  async progressed(): Promise<readonly ProgressMember[]> {
    const answer = await this.ask((ask) => ({ kind: "progress", ask }));
    return answer?.kind === "progressed" ? answer.members : [];
  }

  keepProgress(lines: readonly ProgressText[]): void {
    this.port.post({ kind: "keep-progress", lines });
  }

  /** Resolves once the recording is closed on disk. Ask before its last chunk is handed on. */
  untilClosed(session: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.closing.set(session, (error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  async stop(): Promise<void> {
    this.catchUp();
    this.stopped = true;
    await this.port.stop();
  }

  private ask(message: (ask: number) => ToSealer): Promise<FromSealer | undefined> {
    this.catchUp();
    const ask = ++this.askLast;
    return new Promise((resolve) => {
      this.asked.set(ask, { resolve });
      this.port.post(message(ask));
    });
  }

  private catchUp(): void {
    this.disarm?.();
    this.disarm = undefined;
    this.untold = 0;
    for (const number of this.behind) {
      const progress = this.progress.get(number);
      if (progress !== undefined) this.port.post({ kind: "durable", ...progress });
    }
    this.behind.clear();
  }

  private receive(message: FromSealer): void {
    switch (message.kind) {
      case "freed":
        this.progress.delete(message.number);
        this.events.freed(message.number);
        break;
      case "closed":
        this.closed(message.session, undefined);
        this.events.closed?.(message.session);
        break;
      case "screen":
        this.events.screen?.(message.session, message.number, message.plain);
        break;
      case "not-closed":
        this.closed(message.session, new RecorderUnavailable(message.cause));
        break;
      case "trouble":
        this.events.trouble(message.cause);
        break;
      case "well":
        this.events.trouble(undefined);
        break;
      default:
        this.asked.get(message.ask)?.resolve(message);
        this.asked.delete(message.ask);
    }
  }

  private closed(session: string, error: Error | undefined): void {
    this.closing.get(session)?.(error);
    this.closing.delete(session);
  }

  private start(): Port {
    return this.place.volume === undefined ? this.startThread() : this.startHere(this.place.volume);
  }

  private startHere(volume: Volume): Port {
    const sealer = new Sealer({
      ...this.place,
      volume,
      emit: (message) => this.receive(message),
    });
    return { post: (message) => sealer.handle(message), stop: () => sealer.stop() };
  }

  private startThread(): Port {
    const { recordings, reserve, handed, build, limits, keys } = this.place;
    const worker = new Worker(this.place.thread ?? THREAD, {
      workerData: { recordings, reserve, handed, build, limits, keys },
    });
    worker.on("message", (message: FromSealer) => this.receive(message));
    let cause = "it ended";
    worker.on("error", (error) => {
      cause = error instanceof Error ? error.message : String(error);
    });
    const gone = new Promise<void>((resolve) => worker.on("exit", () => resolve()));
    void gone.then(() => this.died(cause));
    return {
      post: (message) => worker.postMessage(message),
      stop: async () => {
        worker.postMessage({ kind: "stop" });
        await gone;
      },
    };
  }

  /** Nothing durable is lost with it: the next one reads the files again from their start. */
  private died(cause: string): void {
    for (const waiting of this.asked.values()) waiting.resolve(undefined);
    this.asked.clear();
    if (this.stopped) return;
    this.events.trouble(`The sealing thread stopped: ${cause}`);
    this.port = { post: () => undefined, stop: () => Promise.resolve() };
    this.place.clock.after(this.restartMs, () => this.restart());
    this.restartMs = Math.min(this.restartMs * 2, this.place.limits.retryMaxMs);
  }

  private restart(): void {
    if (this.stopped) return;
    this.port = this.start();
    for (const number of this.progress.keys()) this.behind.add(number);
    this.catchUp();
    void this.look(undefined).then(() => {
      this.restartMs = this.place.limits.retryFirstMs;
      this.events.trouble(undefined);
    });
  }
}
