/** Whether a viewer holds anything down, by what it says from its ClientInit on. */
import { type Cut, Inbox } from "../inbox.ts";
import { type ClientMessage, cutClientMessage } from "./client-message.ts";
import { CUT_TEXT_MAX } from "./limits.ts";

export class HeldDown {
  private readonly inbox = new Inbox(2 * CUT_TEXT_MAX);
  private readonly keys = new Set<number>();
  private mask = 0;
  private begun = false;

  /** @returns whether something is down behind these bytes; what cannot be read holds nothing */
  push(bytes: Uint8Array): boolean {
    if (!this.inbox.push(bytes)) return false;
    if (!this.begun && this.inbox.length > 0) {
      this.begun = true;
      this.inbox.skip(1);
    }
    for (let cut = this.cut(); cut.kind === "frame"; cut = this.cut()) this.heard(cut.frame);
    return this.mask !== 0 || this.keys.size > 0;
  }

  private cut(): Cut<ClientMessage> {
    return this.inbox.take(cutClientMessage);
  }

  private heard(message: ClientMessage): void {
    if (message.kind === "pointer") this.mask = message.mask;
    else if (message.kind === "key" && message.down) this.keys.add(message.keysym);
    else if (message.kind === "key") this.keys.delete(message.keysym);
  }
}
