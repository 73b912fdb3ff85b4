/**
 * Lets gateways in and knows which are there. Whoever is refused is told why, and so are people:
 * a certificate that does not count any more is somebody's mistake or somebody's theft.
 */
import type { Duplex } from "node:stream";
import type { Clock } from "../../clock.ts";
import type { Caller } from "../../legs/planes/gateway-listener.ts";
import { Link, STRANGER_MAX } from "../link.ts";
import { FROM_STRANGER } from "../messages.ts";
import { type GatewayBook, type GatewayEntry, GatewayRefused } from "./gateway-book.ts";
import { GatewayLink, type GatewayLinkParts, type KnownGateway } from "./gateway-link.ts";

export interface GatewaysParts
  extends Pick<GatewayLinkParts, "clock" | "tapes" | "hooks" | "permitKey" | "recipients"> {
  readonly book: GatewayBook;
  readonly site: string;
  /** An event for people; `alarm` where somebody must look. */
  noted(kind: string, text: string, isAlarm: boolean): void;
  /** Which are there has changed. */
  changed(): void;
  /** Why the OPC UA process of this gateway failed; undefined where it runs, or nobody knows. */
  opcua(gateway: string, failed: string | undefined): void;
}

/** One gateway, for people and machines. */
export interface GatewayStatus extends GatewayEntry {
  /** Undefined while it is away. */
  readonly link:
    | { readonly sinceMs: number; readonly build: string; readonly sessions: number }
    | undefined;
  readonly certificateUntilMs: number | null;
}

/** From the connection to the token. */
const STRANGER_MS = 10_000;
/** Who knocks without a certificate, at a time. */
const STRANGERS_MAX = 16;
/** The same refusal is told once in this time. */
const REFUSAL_AGAIN_MS = 60_000;
/** Different ones in this time: who knocks chooses some of the words. */
const REFUSALS_MAX = 16;

type Proved = Extract<Caller, { kind: "proved" }>;

export class Gateways {
  private readonly parts: GatewaysParts;
  private readonly clock: Clock;
  private readonly links = new Map<string, GatewayLink>();
  private readonly refusals = new Map<string, number>();
  /** How often a certificate that counted ceased to. */
  private withdrawals = 0;
  private strangers = 0;
  private closed = false;

  constructor(parts: GatewaysParts) {
    this.parts = parts;
    this.clock = parts.clock;
  }

  linkOf(name: string): GatewayLink | undefined {
    for (const link of this.links.values()) if (link.gateway.name === name) return link;
    return undefined;
  }

  async list(): Promise<readonly GatewayStatus[]> {
    const known = await this.parts.book.list();
    return known.map((entry) => {
      const link = this.links.get(entry.id);
      if (!link?.isReady) return { ...entry, link: undefined, certificateUntilMs: null };
      const { sinceMs, build, liveSessions: sessions, certificateUntilMs } = link;
      return { ...entry, link: { sinceMs, build, sessions }, certificateUntilMs };
    });
  }

  /** Another one may come. */
  known(): void {
    this.parts.changed();
  }

  /** It is cut off in this turn: its sessions end, and nothing more of them is taken from it. */
  revoked({ id, name }: KnownGateway): void {
    this.withdrawals += 1;
    this.links.get(id)?.end("the gateway was revoked");
    this.endTapes(id, name);
    this.parts.changed();
  }

  /** Of those that were revoked before: control was killed before their recordings were closed. */
  async endRevoked(): Promise<void> {
    for (const { id, name } of await this.parts.book.revoked()) this.endTapes(id, name);
  }

  private endTapes(id: string, name: string): void {
    for (const tape of this.parts.tapes.of(id)) {
      const reason = `the gateway ${name} was revoked before it had handed over all of it`;
      tape.end({ rule: "gateway-revoked", reason }, reason);
    }
  }

  came(socket: Duplex, caller: Caller): void {
    if (this.closed) socket.destroy();
    else if (caller.kind === "proved") void this.admit(socket, caller);
    else if (caller.kind === "stranger") this.hearStranger(socket);
    else {
      const reason = `its certificate does not count: ${caller.reason}`;
      this.refuse(socket, `${caller.name || "who knocks"}: ${reason}`);
    }
  }

  close(): void {
    this.closed = true;
    for (const link of [...this.links.values()]) link.end("control stops");
  }

  private async admit(socket: Duplex, caller: Proved) {
    try {
      const gateway = await this.whoIs(caller);
      if (this.closed || socket.destroyed) throw new GatewayRefused("it went again");
      if (this.links.has(gateway.id)) {
        throw new GatewayRefused(`the gateway ${gateway.name} is connected already`);
      }
      this.begin(socket, gateway, caller.untilMs);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.refuse(socket, reason);
    }
  }

  /** Looked at again where one was revoked or replaced meanwhile: it has no link that could end. */
  private async whoIs({
    uris,
    fingerprint,
  }: Pick<Proved, "uris" | "fingerprint">): Promise<KnownGateway> {
    const before = this.withdrawals;
    const gateway = await this.parts.book.admit(uris, fingerprint);
    return before === this.withdrawals ? gateway : this.whoIs({ uris, fingerprint });
  }

  private begin(socket: Duplex, gateway: KnownGateway, certificateUntilMs: number): void {
    const { clock, tapes, hooks, permitKey, recipients, book } = this.parts;
    const inner = new Link(socket);
    const name = gateway.name;
    const link: GatewayLink = new GatewayLink({
      ...{ gateway, link: inner, clock, tapes, hooks, permitKey, recipients, certificateUntilMs },
      renew: (publicKey) => book.renew(gateway, publicKey),
      distrusted: (reason) => {
        const text = `The gateway ${name} was cut off: ${reason}`;
        this.parts.noted("gateway:distrusted", text, true);
      },
      changed: () => this.parts.changed(),
      opcua: (failed) => this.parts.opcua(name, failed),
      closed: (reason) => {
        if (this.links.get(gateway.id) === link) this.links.delete(gateway.id);
        // That control stops is no news of a gateway's, and the store is about to close.
        if (this.closed) return;
        this.parts.opcua(name, undefined);
        this.parts.noted("gateway:away", `The gateway ${name} is away: ${reason}`, true);
        this.parts.changed();
      },
    });
    this.links.set(gateway.id, link);
    inner.start(link);
    this.parts.noted("gateway:back", `The gateway ${name} is connected`, false);
    this.parts.changed();
  }

  private hearStranger(socket: Duplex): void {
    if (this.strangers >= STRANGERS_MAX) return void socket.destroy();
    this.strangers += 1;
    socket.once("close", () => {
      this.strangers -= 1;
    });
    const stop = this.clock.after(STRANGER_MS, () => socket.destroy());
    const link = new Link(socket, STRANGER_MAX);
    let asked = false;
    link.start({
      message: (message) => {
        const parsed = FROM_STRANGER.safeParse(message);
        if (asked || !parsed.success) throw new Error("it said something that is not understood");
        asked = true;
        void this.enrol(link, parsed.data.token, parsed.data.publicKey).finally(stop);
      },
      bytes: refuseBytes,
      records: refuseBytes,
      closed: stop,
    });
  }

  private async enrol(link: Link, token: string, publicKey: string): Promise<void> {
    const { book, site, permitKey } = this.parts;
    try {
      const { id, name: gateway, certificate } = await book.enrol(token, publicKey);
      // Whoever holds the certificate that counted until now is not this gateway any more.
      this.withdrawals += 1;
      this.links.get(id)?.end("another machine has joined as this gateway");
      link.send({ kind: "enrolled", gateway, certificate, site, permitKey });
    } catch (error) {
      const isKnown = error instanceof GatewayRefused;
      const reason = isKnown ? error.message : "the certificate could not be issued";
      this.noteRefusal(`a machine that wanted to join: ${reason}`);
      link.send({ kind: "goodbye", reason });
    }
    link.finishAndClose();
    this.parts.changed();
  }

  private refuse(socket: Duplex, reason: string): void {
    this.noteRefusal(reason);
    const link = new Link(socket, STRANGER_MAX);
    link.send({ kind: "goodbye", reason: reason.slice(0, 500) });
    link.finishAndClose();
  }

  private noteRefusal(reason: string): void {
    const nowMs = this.clock.monotonicMs();
    for (const [other, atMs] of this.refusals) {
      if (nowMs - atMs > REFUSAL_AGAIN_MS) this.refusals.delete(other);
    }
    if (this.refusals.has(reason) || this.refusals.size >= REFUSALS_MAX) return;
    this.refusals.set(reason, nowMs);
    this.parts.noted("gateway:refused", `Not let in as a gateway: ${reason}`, true);
  }
}

function refuseBytes(): void {
  throw new Error("it said something that is not understood");
}
