/**
 * The hand at a native viewer that holds a button or key down. A viewer says nothing more until it
 * lets go, so the connection itself is asked whether it is still there, as often as a page says so
 * (`console/workbench/vnc/held-hand.ts`): a dead network must not jog a machine.
 */
import type { WebSocket } from "ws";
import { HeldDown } from "../../../protocols/rfb/held-down.ts";

const ASK_EVERY_MS = 1_000;
/** As long as for pages. Counted, not timed: where this process stands still it asks nothing. */
const UNANSWERED_MAX = 3;

export class ToolHand {
  private readonly socket: WebSocket;
  private readonly held = new HeldDown();
  private asking: NodeJS.Timeout | undefined;
  private unanswered = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("pong", () => this.heard());
    socket.on("close", () => this.stop());
  }

  /** What the viewer says to the screen, from its ClientInit on. */
  said(bytes: Uint8Array): void {
    this.heard();
    const down = this.held.push(bytes);
    if (!down) this.stop();
    else this.asking ??= setInterval(() => this.ask(), ASK_EVERY_MS);
  }

  private heard(): void {
    this.unanswered = 0;
  }

  private ask(): void {
    if (this.isSilent) {
      // What came meanwhile is read first.
      setImmediate(() => {
        if (this.asking && this.isSilent) this.socket.terminate();
      });
      return;
    }
    this.unanswered += 1;
    this.socket.ping();
  }

  private get isSilent(): boolean {
    return this.unanswered >= UNANSWERED_MAX;
  }

  private stop(): void {
    clearInterval(this.asking);
    this.asking = undefined;
  }
}
