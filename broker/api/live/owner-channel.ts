/** One channel of a page that works in its session, under the name the page gave it. */
import { BrowserLeg } from "../../legs/browser-leg.ts";
import type { ChannelHandle, LiveSession } from "../../sessions/session.ts";
import { LIVE_CREDIT_BYTES } from "../shapes/live.ts";
import type { Page } from "./page-socket.ts";

export class OwnerChannel {
  private readonly page: Page;
  private readonly session: string;
  private readonly name: string;
  private readonly forget: () => void;
  private readonly leg: BrowserLeg;
  private handle: ChannelHandle | undefined;
  private over = false;

  /** @param forget called once, when it is over */
  constructor(page: Page, session: string, name: string, forget: () => void) {
    this.page = page;
    this.session = session;
    this.name = name;
    this.forget = forget;
    this.leg = new BrowserLeg({
      creditBytes: LIVE_CREDIT_BYTES,
      send: (bytes) => page.socket.emit("bytes", session, name, bytes),
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

  received(bytes: Uint8Array): void {
    this.leg.received(bytes);
  }

  credit(count: number): void {
    this.leg.credit(count);
  }

  close(reason: string): void {
    if (this.over) return;
    this.over = true;
    this.forget();
    this.leg.gone(reason);
    this.handle?.close();
  }
}
