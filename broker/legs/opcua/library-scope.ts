/**
 * What the library does for one connection, also later: in timers and promises of its own, where
 * no `try` of ours is around it. An error from there must end that connection and nothing else;
 * one of the broker's own must end the broker, as everywhere. So both are told apart by where they
 * come from: the library's work runs in its connection's scope, and whatever it calls of ours
 * leaves that scope again.
 *
 * Why no process or thread of its own: every message would change threads four times, which costs
 * more than all that the broker does with it, and what is inside there holds no right to anything
 * (guard, decision and tape are outside). Bytes of strangers are cut and bounded before
 * (`framed-socket.ts`); memory is bounded by its limits.
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** Whose work it is. */
export interface LibraryScope {
  /** The library failed in work for it. */
  failed(why: string): void;
}

const scopes = new AsyncLocalStorage<LibraryScope | undefined>();

/** Runs work of the library, and all that follows from it, for this connection. */
export function inLibrary<T>(scope: LibraryScope, work: () => T): T {
  return scopes.run(scope, work);
}

/** Runs work of ours that the library has called. */
export function inBroker<T>(work: () => T): T {
  return scopes.run(undefined, work);
}

/** For who hears of errors that nobody caught: true if one connection alone has ended with it. */
export function endedItsConnection(error: unknown): boolean {
  const scope = scopes.getStore();
  if (!scope) return false;
  const words = error instanceof Error ? error.message : String(error);
  inBroker(() => scope.failed(`the library failed: ${words.slice(0, WORDS_MAX)}`));
  return true;
}

/** Parts of it may be the peer's words. */
const WORDS_MAX = 200;
