/**
 * Gathers what one turn of the event loop has to send, so that it leaves in one system call.
 * System calls are most of the cost of relaying small messages; a turn often reads many peers.
 */
export interface Flushable {
  /** Hands over what was gathered. Called once per `flushAtTurnEnd`. Must not throw. */
  flush(): void;
}

/**
 * Legs handed over together, before the turn has ended: few enough that what they are made of is
 * still in the nearest cache, and that a turn of hundreds does not keep the first peer waiting.
 */
const MANY = 16;

let waiting: Flushable[] = [];
let scheduled = false;

/** Calls `flush` when this turn's input has been handled, or earlier. The caller asks once per turn. */
export function flushAtTurnEnd(leg: Flushable): void {
  waiting.push(leg);
  if (scheduled) return;
  scheduled = true;
  setImmediate(endTurn);
}

/** Called where a message has been handled to its end, and nothing else is under way. */
export function flushMany(): void {
  if (waiting.length >= MANY) flushAll();
}

function endTurn(): void {
  scheduled = false;
  flushAll();
}

function flushAll(): void {
  const legs = waiting;
  waiting = [];
  for (const leg of legs) leg.flush();
}
