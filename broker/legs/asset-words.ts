/**
 * What went wrong with a connection to an asset, for whoever used it: in words, with the system's
 * own name of it behind, which is what an engineer looks up.
 */

interface SystemError extends Error {
  readonly code?: string;
  readonly syscall?: string;
  readonly address?: string;
  readonly port?: number;
}

/** Before it was open. */
const NOT_REACHED: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "takes no connection"],
  ["ECONNRESET", "broke the connection off as it was opened"],
  ["EHOSTUNREACH", "cannot be reached from the broker"],
  ["ENETUNREACH", "is in a network that the broker has no way to"],
  ["ETIMEDOUT", "does not answer"],
]);

const BROKEN: ReadonlyMap<string, string> = new Map([
  ["ECONNRESET", "the asset broke the connection off"],
  ["EPIPE", "the asset had closed the connection"],
  ["EHOSTUNREACH", "the asset cannot be reached any more"],
  ["ENETUNREACH", "the asset's network cannot be reached any more"],
  ["ETIMEDOUT", "the asset answers no more"],
]);

/** What no table knows is said as it came. */
export function assetWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, syscall, address, port, message }: SystemError = error;
  if (code === undefined) return message;
  const words = syscall === "connect" ? NOT_REACHED.get(code) : BROKEN.get(code);
  if (words === undefined) return message;
  const place = port === undefined ? "the asset" : `${address}:${port}`;
  return `${syscall === "connect" ? `${place} ` : ""}${words} (${code})`;
}
