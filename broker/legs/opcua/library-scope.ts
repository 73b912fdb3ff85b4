/**
 * What the library does for one connection, also later: in timers and promises of its own, where
 * no `try` of ours is around it. An error from there must end that connection and nothing else;
 * one of our own must end the process, as everywhere. So both are told apart by where they
 * come from: the library's work runs in its connection's scope, and whatever it calls of ours
 * leaves that scope again.
 *
 * All of it runs in a process of its own (`apart/`), which ends for what cannot be told apart so,
 * or hangs, or runs out of memory: this is what spares the other sessions of that process.
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** Whose work it is. */
export interface LibraryScope {
  /** The library failed in work for it. */
  failed(why: string): void;
  /** Parts of the library's that work for it, as they are met: of one connection the same object. */
  readonly parts?: object;
}

const scopes = new AsyncLocalStorage<LibraryScope | undefined>();

/** Runs work of the library, and all that follows from it, for this connection. */
export function inLibrary<T>(scope: LibraryScope, work: () => T): T {
  return scopes.run(scope, work);
}

/** For whom the library works just now. */
export function currentScope(): LibraryScope | undefined {
  return scopes.getStore();
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
