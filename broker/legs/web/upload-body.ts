/** The body of one large request, on its way to the panel piece by piece. */
import type { ClientRequest } from "node:http";
import { isBrokenOff } from "../../../protocols/http/body.ts";

export type Passed = "goes-on" | "whole" | "broken-off";

export class UploadBody {
  private left: number;
  private readonly lateAfterMs: number;
  private readonly late: () => void;
  private stalled: NodeJS.Timeout | undefined;
  /** The panel has answered before it had everything: it hears no more of it. */
  private deaf = false;

  /**
   * @param length of the whole body in bytes
   * @param late called where the panel takes nothing for so long
   */
  constructor(length: number, lateAfterMs: number, late: () => void) {
    this.left = length;
    this.lateAfterMs = lateAfterMs;
    this.late = late;
  }

  get isWhole(): boolean {
    return this.left === 0;
  }

  /** @param chunk one whole chunk, or what says that the rest will not come */
  pass(sent: ClientRequest, chunk: Uint8Array): Passed {
    if (isBrokenOff(chunk)) return "broken-off";
    const data = chunk.subarray(chunk.indexOf(10) + 1, chunk.length - 2);
    this.left -= data.length;
    if (this.left < 0) return "broken-off";
    if (!this.deaf && !sent.write(data)) this.wait();
    return this.left === 0 ? "whole" : "goes-on";
  }

  drained(): void {
    clearTimeout(this.stalled);
    this.stalled = undefined;
  }

  deafen(): void {
    this.deaf = true;
    this.drained();
  }

  private wait(): void {
    this.stalled ??= setTimeout(this.late, this.lateAfterMs);
  }
}
