/** The lanes of one session's panel: each a channel, used for one request after the other. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { PanelLeg } from "../../legs/web/panel-leg.ts";
import type { ChannelHandle, LiveSession } from "../../sessions/session.ts";

/** A browser opens six connections to a host; WebSockets and second tabs come on top. */
const LANES_MAX = 32;
/** What the console lists of a session. */
const SEEN_MAX = 200;
/** Of a target in the list; the tape has it whole. */
const TARGET_SHOWN_MAX = 300;

interface Lane {
  readonly leg: PanelLeg;
  readonly handle: ChannelHandle;
  /** As the guard counts them. */
  requests: number;
}

/** What a page asks by itself, it asks again sooner than this. */
const POLLED_WITHIN_MS = 60_000;
/** Targets that are remembered for that. */
const POLLED_MAX = 100;

/** One request, for the page of its owner. */
export interface PanelRequest {
  readonly atMs: number;
  readonly method: string;
  readonly target: string;
  /** 0 where it broke off. */
  readonly status: number;
  /** With `request`, as in the events of decisions. */
  readonly channel: number;
  readonly request: number;
}

/** Every lane is in use. */
export class LanesTaken extends Error {
  override readonly name = "LanesTaken";
}

export class PanelLanes {
  private readonly session: LiveSession;
  private readonly nowMs: () => number;
  private readonly free: Lane[] = [];
  private open = 0;
  private readonly seen: PanelRequest[] = [];
  /** When it was asked last, by its method and target. */
  private readonly lately = new Map<string, number>();

  constructor(session: LiveSession, nowMs: () => number) {
    this.session = session;
    this.nowMs = nowMs;
  }

  /** The latest last. */
  get requests(): readonly PanelRequest[] {
    return this.seen;
  }

  /** Whether the same was asked a short while ago: a page does so by itself, over and over. */
  isRepeated(what: string): boolean {
    const nowMs = this.nowMs();
    const key = what.slice(0, TARGET_SHOWN_MAX);
    const beforeMs = this.lately.get(key);
    this.lately.delete(key);
    this.lately.set(key, nowMs);
    for (const [first] of this.lately) {
      if (this.lately.size <= POLLED_MAX) break;
      this.lately.delete(first);
    }
    return beforeMs !== undefined && Math.abs(nowMs - beforeMs) < POLLED_WITHIN_MS;
  }

  /** @throws LanesTaken, SessionRefused */
  async serve(request: IncomingMessage, response: ServerResponse, peer: string): Promise<void> {
    const lane = await this.take(peer);
    const status = await this.note(lane, request, lane.leg.serve(request, response));
    if (status > 0 && !lane.leg.isOver) this.free.push(lane);
  }

  /** @throws LanesTaken, SessionRefused */
  async serveSocket(request: IncomingMessage, socket: Duplex, rest: Uint8Array, peer: string) {
    const lane = await this.take(peer);
    const status = await this.note(lane, request, lane.leg.serveSocket(request, socket, rest));
    if (status !== 101) lane.handle.close();
  }

  private async note(
    { handle: { channel }, requests }: Lane,
    { method = "", url = "" }: IncomingMessage,
    answered: Promise<number>,
  ): Promise<number> {
    const atMs = this.nowMs();
    const status = await answered;
    const target = url.slice(0, TARGET_SHOWN_MAX);
    this.seen.push({ atMs, method, target, status, channel, request: requests });
    if (this.seen.length > SEEN_MAX) this.seen.shift();
    return status;
  }

  private async take(peer: string): Promise<Lane> {
    const lane = this.free.pop() ?? (await this.begin(peer));
    if (lane.leg.isOver) return this.take(peer);
    lane.requests += 1;
    return lane;
  }

  private async begin(peer: string): Promise<Lane> {
    if (this.open >= LANES_MAX) throw new LanesTaken(`${LANES_MAX} requests are under way`);
    this.open += 1;
    try {
      const leg = new PanelLeg();
      const handle = await this.session.attach(leg, peer);
      void handle.ended.then(() => {
        this.open -= 1;
      });
      return { leg, handle, requests: 0 };
    } catch (error) {
      this.open -= 1;
      throw error;
    }
  }
}
