/**
 * The client's leg of a channel whose other side is on a gateway: what it yields goes over the
 * link as far as there is credit, and what comes back is credited as the client takes it.
 */
import { LEG_QUEUE_MAX, type Leg, type LegSink } from "../../legs/leg.ts";
import type { Cause } from "../../sessions/session.ts";
import { WINDOW } from "../messages.ts";

export interface LinkedClientOptions {
  readonly client: Leg;
  send(bytes: Uint8Array): void;
  credit(bytes: number): void;
  /** The client itself went. */
  gone(reason: string): void;
}

/** A gateway may go past the window with one whole write. */
const OVERDRAFT_MAX = 12 * 1024 * 1024;
/** Taken bytes are told in pieces of this. */
const CREDIT_STEP = WINDOW / 4;

export class LinkedClient implements LegSink {
  private readonly options: LinkedClientOptions;
  private left = WINDOW;
  private owed = 0;
  private paused = false;
  private started = false;
  private early: Uint8Array[] = [];
  private over = false;
  private readonly ending = Promise.withResolvers<Cause>();
  readonly ended = this.ending.promise;

  constructor(options: LinkedClientOptions) {
    this.options = options;
  }

  start(): void {
    if (this.over) return;
    this.started = true;
    const { early } = this;
    this.early = [];
    this.options.client.start(this);
    for (const bytes of early) this.write(bytes);
  }

  /** From the gateway. @throws Error if it sends more than it may */
  received(bytes: Uint8Array): void {
    if (this.over) return;
    this.owed += bytes.length;
    if (this.owed > WINDOW + OVERDRAFT_MAX) throw new Error("it sent more than it may");
    const copy = Uint8Array.from(bytes);
    if (this.started) this.write(copy);
    else this.early.push(copy);
  }

  /** The gateway has taken so many of the client's. */
  credited(bytes: number): void {
    if (this.over) return;
    this.left = Math.min(WINDOW, this.left + bytes);
    if (!this.paused || this.left <= 0) return;
    this.paused = false;
    this.options.client.resume();
  }

  /** After this returns no byte passes in either direction. */
  end(cause: Cause): void {
    if (this.over) return;
    this.over = true;
    this.early = [];
    this.options.client.close(cause.reason);
    this.ending.resolve(cause);
  }

  bytes(bytes: Uint8Array): void {
    if (this.over) return;
    this.options.send(bytes);
    this.left -= bytes.length;
    if (this.left > 0 || this.paused) return;
    this.paused = true;
    this.options.client.pause();
  }

  lost(): void {}

  withheld(): void {}

  closed(reason: string): void {
    if (this.over) return;
    this.over = true;
    this.ending.resolve({ rule: "client-closed", reason });
    this.options.gone(reason);
  }

  drained(): void {
    this.giveCredit();
  }

  private write(bytes: Uint8Array): void {
    this.options.client.write(bytes);
    this.giveCredit();
  }

  private giveCredit(): void {
    if (this.over || this.owed < CREDIT_STEP) return;
    if (this.options.client.queued > LEG_QUEUE_MAX) return;
    this.options.credit(this.owed);
    this.owed = 0;
  }
}
