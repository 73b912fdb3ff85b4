/**
 * Tells the broker again and again that somebody still holds a button or key down: once it hears
 * nothing of it, because the network or this page stands still, the broker lets go.
 */
import { HeldDown } from "../../../protocols/rfb/held-down.ts";

/** A third of what the broker waits (`HELD_WITHIN_MS`). */
const TELL_EVERY_MS = 1_000;

export class HeldHand {
  private readonly tell: (down: boolean) => void;
  private held = new HeldDown();
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(tell: (down: boolean) => void) {
    this.tell = tell;
  }

  /** What the viewer says to the screen. */
  said(bytes: Uint8Array): void {
    const down = this.held.push(bytes);
    if (down === (this.timer !== undefined)) return;
    this.stop();
    this.tell(down);
    if (down) this.timer = setInterval(() => this.tell(true), TELL_EVERY_MS);
  }

  /** Another viewer begins, or none. */
  reset(): void {
    this.stop();
    this.held = new HeldDown();
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
