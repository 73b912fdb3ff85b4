/**
 * The recorder's end of the thread that makes key frames of screens. Started with the first
 * screen that needs it. What it cannot keep up with, or dies of, goes without frames.
 */
import { Worker } from "node:worker_threads";
import type { EvidenceKeys } from "../keys.ts";
import type { Volume } from "../volume.ts";
import type { FromFramer, ToFramer } from "./framer-thread.ts";
import { ScreenFramer, type ScreenSegment } from "./screen-framer.ts";

export interface FramerLinkPlace {
  readonly recordings: string;
  readonly keys: EvidenceKeys;
  /** Given: frames are made in this thread, on this volume. */
  readonly volume: Volume | undefined;
}

const THREAD = new URL("./framer-thread.ts", import.meta.url);
/** Plain bytes on their way to it; a session that brings more goes without further frames. */
const WAITING_BYTES_MAX = 64 * 1_048_576;
/**
 * Of its heap; pictures lie outside, and what V8 lets gather of them before it collects hangs on
 * this: without it, a gigabyte. One that needs more begins anew.
 */
const HEAP_MB = 256;
/** Frames that are due when the broker stops are waited for so long. */
const STOP_MS = 3_000;

interface Port {
  post(message: ToFramer): void;
  stop(): Promise<void>;
}

export class FramerLink {
  private readonly place: FramerLinkPlace;
  private port: Port | undefined;
  private waiting = 0;
  private readonly left = new Set<string>();
  private idle: (() => void) | undefined;
  private stopped = false;

  constructor(place: FramerLinkPlace) {
    this.place = place;
  }

  segment(segment: ScreenSegment): void {
    if (this.stopped || this.left.has(segment.session)) return;
    const { length } = segment.plain;
    if (this.waiting + length > WAITING_BYTES_MAX) {
      this.left.add(segment.session);
      return;
    }
    this.waiting += length;
    this.port ??= this.start();
    this.port.post({ kind: "segment", ...segment });
  }

  over(session: string): void {
    this.left.delete(session);
    this.port?.post({ kind: "over", session });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.waiting > 0) {
      const done = new Promise<void>((resolve) => {
        this.idle = resolve;
      });
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STOP_MS);
      });
      await Promise.race([done, late]);
      clearTimeout(timer);
    }
    await this.port?.stop();
  }

  private taken(length: number): void {
    this.waiting -= length;
    if (this.waiting <= 0) this.idle?.();
  }

  private start(): Port {
    const { volume, recordings, keys } = this.place;
    return volume ? this.startHere(volume) : this.startThread({ recordings, keys });
  }

  private startHere(volume: Volume): Port {
    const framer = new ScreenFramer({ ...this.place, volume });
    let working: Promise<void> = Promise.resolve();
    return {
      post: (message) => {
        working = working.then(async () => {
          if (message.kind === "over") return framer.over(message.session);
          await framer.take(message);
          this.taken(message.plain.length);
        });
      },
      stop: () => working,
    };
  }

  private startThread(workerData: Pick<FramerLinkPlace, "recordings" | "keys">): Port {
    const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB };
    const worker = new Worker(THREAD, { workerData, resourceLimits });
    worker.unref();
    worker.on("message", ({ taken }: FromFramer) => this.taken(taken));
    // With the next segment another begins, which goes on from the frames on disk.
    worker.on("error", () => undefined);
    worker.on("exit", () => {
      this.port = undefined;
      this.taken(this.waiting);
    });
    return {
      post: (message) =>
        worker.postMessage(
          message,
          message.kind === "segment" ? [message.plain.buffer as ArrayBuffer] : [],
        ),
      stop: async () => void (await worker.terminate()),
    };
  }
}
