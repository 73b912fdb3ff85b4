/** Gathers what goes to the client into pieces whose borders depend on nothing but the bytes. */
import { PIECE } from "./asset-stream.ts";

export class ClientOutput {
  private readonly send: (bytes: Uint8Array) => void;
  private readonly gathered = new Uint8Array(PIECE);
  private length = 0;

  /** @param send takes a fresh array */
  constructor(send: (bytes: Uint8Array) => void) {
    this.send = send;
  }

  /** @param bytes `PIECE` at most */
  add(bytes: Uint8Array): void {
    if (this.length + bytes.length > PIECE) this.flush();
    this.gathered.set(bytes, this.length);
    this.length += bytes.length;
  }

  flush(): void {
    if (this.length === 0) return;
    const bytes = new Uint8Array(this.length);
    bytes.set(this.gathered.subarray(0, this.length));
    this.length = 0;
    this.send(bytes);
  }
}
