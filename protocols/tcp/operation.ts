/** What is decided where nothing is decoded: whether the bytes of a connection pass at all. */
import type { Operation } from "../guard.ts";

export interface TcpOperation extends Operation {
  readonly action: "tcp:relay";
  /** Whatever these bytes do: it may be anything that the asset can be told. */
  readonly class: "program";
}

export const RELAY: TcpOperation = { action: "tcp:relay", class: "program" };

export function isTcpOperation(operation: Operation): operation is TcpOperation {
  return operation.action === RELAY.action;
}
