/**
 * A gateway's connection to control. It asks for its lease some times a second, and counts it from
 * when it asked: an answer that was long on its way gives no more time than is left of it.
 */
import { createPublicKey } from "node:crypto";
import type { Duplex } from "node:stream";
import type { Clock } from "../../clock.ts";
import { Link, type LinkListener, type TapeChunk } from "../link.ts";
import { BEAT_MS, LEASE_MS, SILENCE_MAX_MS, TO_GATEWAY, type ToGateway } from "../messages.ts";
import type { GatewayRecorder } from "./gateway-recorder.ts";
import { type GatewayMeans, ServedSessions } from "./served-sessions.ts";

export interface ControlLinkParts {
  readonly socket: Duplex;
  readonly clock: Clock;
  readonly build: string;
  readonly recording: GatewayRecorder;
  /** PEM: permits of control, and of nobody else. */
  readonly permitKey: string;
  readonly means: GatewayMeans;
  /** A certificate for the next connection, for the key that was asked for last. */
  renewed(certificate: string): void;
  said(line: string): void;
}

export class ControlLink implements LinkListener {
  /** Resolves with why it is over, once its sessions are on disk. */
  readonly ended: Promise<string>;
  private readonly parts: ControlLinkParts;
  private readonly link: Link;
  private readonly sessions: ServedSessions;
  private recipients: readonly string[] = [];
  private readonly askedMs = new Map<number, number>();
  private readonly ending = Promise.withResolvers<string>();
  private beat = 0;
  private leaseUntilMs = 0;
  private heardMs: number;
  private stopBeat: (() => void) | undefined;
  private stopLease: (() => void) | undefined;
  private why = "";
  private isLeased = false;
  private over = false;

  constructor(parts: ControlLinkParts) {
    const { socket, clock, build, recording, permitKey, means } = parts;
    this.parts = parts;
    this.ended = this.ending.promise;
    this.link = new Link(socket);
    this.heardMs = clock.monotonicMs();
    this.sessions = new ServedSessions({
      ...{ recorder: recording.recorder, clock, build, link: this.link },
      ...{ opcua: means.opcua, scanner: means.scanner },
      permitKey: createPublicKey(permitKey),
      kept: (digest, content) => means.quarantine(this.recipients, digest, content),
    });
    this.sessions.stillBecause(NOT_LEASED);
    this.link.start(this);
    this.link.send({ kind: "hello", build });
    means.opcuaNews.tellControl((failed) => {
      if (!this.over) this.link.send({ kind: "opcua", failed });
    });
    recording.handOver.begin({
      sendRecords: (number, chunk) => this.link.sendRecords(number, chunk),
      caughtUp: () => this.link.send({ kind: "caught-up" }),
    });
    this.tick();
  }

  renew(publicKey: string): void {
    this.link.send({ kind: "renew-certificate", publicKey });
  }

  /** Ends its sessions, hands over what they took, and closes; control knows at once. */
  async stop(why: string): Promise<void> {
    const { clock, recording } = this.parts;
    await this.sessions.close({ rule: "gateway-stopped", reason: why });
    const late = new Promise<void>((done) => clock.after(HAND_OVER_WAIT_MS, done));
    await Promise.race([recording.handedOver(), late]);
    this.link.finishAndClose();
    this.closed(why);
  }

  /** Its sessions end as at a cut. */
  close(why: string): void {
    this.link.close();
    this.closed(why);
  }

  message(received: unknown): void {
    this.heardMs = this.parts.clock.monotonicMs();
    this.mindLease(this.heardMs);
    const message = TO_GATEWAY.parse(received);
    if ("ask" in message) this.sessions.ask(message);
    else if (message.kind === "cut") this.parts.recording.recorder.cut(message.session);
    else if ("session" in message) this.sessions.tell(message);
    else this.aboutItself(message);
  }

  bytes(session: number, channel: number, bytes: Uint8Array): void {
    this.heardMs = this.parts.clock.monotonicMs();
    this.mindLease(this.heardMs);
    this.sessions.bytes(session, channel, bytes);
  }

  records(_: number, __: TapeChunk): void {
    throw new Error("control has no records to hand over");
  }

  closed(reason: string): void {
    if (this.over) return;
    this.over = true;
    this.stopBeat?.();
    this.stopLease?.();
    const why = this.why || reason;
    this.parts.recording.handOver.end();
    const cause = { rule: "gateway-away", reason: `the gateway lost control: ${why}` };
    void this.sessions.close(cause).finally(() => this.ending.resolve(why));
  }

  private aboutItself(message: Exclude<ToGateway, { session: unknown } | { ask: number }>): void {
    switch (message.kind) {
      case "welcome":
        if (message.permitKey !== this.parts.permitKey) {
          throw new Error("control signs permits with another key: join again");
        }
        this.recipients = message.recipients;
        break;
      case "lease":
        this.leased(message.beat);
        break;
      case "ack":
        this.parts.recording.handOver.acknowledged(message.through);
        break;
      case "certificate":
        this.parts.renewed(message.certificate);
        break;
      case "goodbye":
        this.why = message.reason;
        this.parts.said(`control refuses: ${message.reason}`);
        break;
      case "enrolled":
        break;
    }
  }

  private leased(beat: number): void {
    const askedMs = this.askedMs.get(beat);
    if (askedMs === undefined) return;
    for (const earlier of this.askedMs.keys()) if (earlier <= beat) this.askedMs.delete(earlier);
    const nowMs = this.parts.clock.monotonicMs();
    this.leaseUntilMs = Math.max(this.leaseUntilMs, askedMs + LEASE_MS);
    if (this.leaseUntilMs <= nowMs) return;
    this.isLeased = true;
    this.sessions.stillBecause(undefined);
    this.stopLease?.();
    const leftMs = Math.ceil(this.leaseUntilMs - nowMs);
    this.stopLease = this.parts.clock.after(leftMs, () => this.leaseOver());
  }

  /** A machine that stood still hears what waited for it before its timers. */
  private mindLease(nowMs: number): void {
    if (this.leaseUntilMs <= nowMs) this.leaseOver();
  }

  private leaseOver(): void {
    if (!this.isLeased) return;
    this.isLeased = false;
    this.parts.said("the lease is out: nothing is forwarded until control is heard again");
    this.sessions.stillBecause(LEASE_OVER);
  }

  private tick(): void {
    const { clock } = this.parts;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.heardMs > SILENCE_MAX_MS) {
      this.close("control was not heard any more");
      return;
    }
    this.beat += 1;
    this.askedMs.set(this.beat, nowMs);
    this.link.send({ kind: "beat", beat: this.beat });
    this.stopBeat = clock.after(BEAT_MS, () => this.tick());
  }
}

/** Of a gateway that stops; what control has not got by then is handed over by the next start. */
const HAND_OVER_WAIT_MS = 8_000;
const NOT_LEASED = { rule: "gateway-lease", reason: "control has not given a lease yet" };
const LEASE_OVER = { rule: "gateway-lease", reason: "control was not heard for two seconds" };
