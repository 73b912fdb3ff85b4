/**
 * Gathers what one turn of the event loop has to send, so that it leaves in one system call.
 * System calls are most of the cost of relaying small messages; a turn often reads many peers.
 */
export interface Flushable {
  /** Hands over what was gathered. Called once per `flushAtTurnEnd`. Must not throw. */
  flush(): void;
}

let waiting: Flushable[] = [];

/** Calls `flush` when this turn's input has been handled. The caller asks once per turn. */
export function flushAtTurnEnd(leg: Flushable): void {
  if (waiting.push(leg) === 1) setImmediate(flushAll);
}

function flushAll(): void {
  const legs = waiting;
  waiting = [];
  for (const leg of legs) leg.flush();
}
