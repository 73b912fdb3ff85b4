/** Bytes that nobody decoded, in a capture: as they were, on a port that names no protocol. */
import { type Captured, PLAIN_WIRE } from "../tape/capture.ts";
import { TcpGuard } from "./guard.ts";

export const TCP_CAPTURED: Captured = {
  // "discard": no dissector takes it for something that it may not be.
  port: 9,
  guard: () => new TcpGuard(),
  describe: () => "bytes, not decoded",
  wire: () => PLAIN_WIRE,
};
