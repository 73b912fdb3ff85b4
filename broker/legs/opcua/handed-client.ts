/** A native client's channel, as the OPC UA process hands it over: the broker has it from then on. */
import type { HandedChannel, HandedToken } from "./symmetric/channel-keys.ts";

export interface HandedClient {
  readonly channel: HandedChannel;
  /** Tokens that are newer than the one which the client has used last, oldest first. */
  readonly later: readonly HandedToken[];
  /** Requests that came before, and are still to be answered. */
  readonly pending: readonly number[];
}
