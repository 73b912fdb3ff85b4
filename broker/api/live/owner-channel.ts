/**
 * One channel of a page that works in its session, under the name the page gave it. One that is
 * `kept` waits for its page when the page's connection breaks: what runs at its other end, a shell
 * or a file that is half there, would not come back.
 */
import { BrowserLeg } from "../../legs/browser-leg.ts";
import type { ChannelHandle, LiveSession } from "../../sessions/session.ts";
import { type Kept, LIVE_CREDIT_BYTES } from "../shapes/live.ts";
import type { CauseView } from "../shapes/sessions.ts";
import type { Page } from "./page-socket.ts";

/** Channels by the names that the page gave them. */
export type Holder = Map<string, OwnerChannel>;

/** So often a page is told how much came from it; it keeps what it was not told of. */
const TELL_EVERY_BYTES = 16_384;
/** A hand that holds a button is heard of every second; a jog runs no longer without one. */
const HELD_WITHIN_MS = 3_000;
const UNHEARD: CauseView = {
  rule: "hand-unheard",
  reason:
    "The page held a button or key down and was not heard of for some seconds. " +
    "All of it was let go of.",
};

export class OwnerChannel {
  private readonly session: string;
  private readonly name: string;
  private page: Page;
  private holder: Holder;
  private readonly leg: BrowserLeg;
  private handle: ChannelHandle | undefined;
  private told = 0;
  private over = false;
  private held: NodeJS.Timeout | undefined;

  constructor(page: Page, session: string, name: string, holder: Holder, keeps: boolean) {
    this.page = page;
    this.session = session;
    this.name = name;
    this.holder = holder;
    holder.set(name, this);
    this.leg = new BrowserLeg({
      ...{ creditBytes: LIVE_CREDIT_BYTES, keeps },
      send: (bytes) => this.page.socket.emit("bytes", session, name, bytes),
    });
  }

  /** Resolves with its number on the tape. Rejects where the session takes no more channels. */
  async open(session: LiveSession, peer: string): Promise<number> {
    const handle = await session.attach(this.leg, peer);
    this.handle = handle;
    if (this.over) handle.close();
    void handle.ended.then(({ rule, reason }) => {
      if (this.over) return;
      this.page.socket.emit("closed", this.session, this.name, { rule, reason });
      this.close(reason);
    });
    return handle.channel;
  }

  /** Whether it may outlive its page's connection. */
  get keeps(): boolean {
    return this.handle !== undefined && this.leg.keeps;
  }

  /** Waits among these, and sends nothing. */
  rest(among: Holder): void {
    this.moveTo(among);
    this.leg.rest();
  }

  /** Whether it can go on with a page that has this much of it. */
  has(kept: Kept): boolean {
    return kept.channel === this.handle?.channel && this.leg.has(kept);
  }

  /** Bytes that came from its page. */
  get taken(): number {
    return this.leg.taken;
  }

  /** Goes on with a page that has this much of it, as `has` said. */
  goOn(page: Page, among: Holder, kept: Kept): void {
    this.moveTo(among);
    this.page = page;
    this.told = this.leg.taken;
    this.leg.goOn(kept);
  }

  received(bytes: Uint8Array): void {
    this.leg.received(bytes);
    if (!this.leg.keeps || this.leg.taken - this.told < TELL_EVERY_BYTES) return;
    this.told = this.leg.taken;
    this.page.socket.emit("taken", this.session, this.name, this.told);
  }

  /** Told while something is held down at the asset, and once nothing is. */
  holding(down: boolean): void {
    clearTimeout(this.held);
    this.held = undefined;
    if (down && !this.over) this.held = setTimeout(() => this.unheard(this.held), HELD_WITHIN_MS);
  }

  credit(count: number): void {
    this.leg.credit(count);
  }

  close(reason: string): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.held);
    this.holder.delete(this.name);
    this.leg.gone(reason);
    this.handle?.close();
  }

  /** What came while this process stood still is read first. */
  private unheard(timer: NodeJS.Timeout | undefined): void {
    setImmediate(() => {
      if (this.over || this.held !== timer) return;
      this.page.socket.emit("closed", this.session, this.name, UNHEARD);
      this.close(UNHEARD.reason);
    });
  }

  private moveTo(holder: Holder): void {
    this.holder.delete(this.name);
    this.holder = holder;
    holder.set(this.name, this);
  }
}
