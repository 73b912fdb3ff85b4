/**
 * A session that the OPC UA process has opened, as it hands it over: looked at as if a stranger
 * had sent it, since that process speaks with strangers. Its channel is looked at where its keys
 * are used.
 */
import { keptMs } from "../session-timeout.ts";

export interface HandedSession {
  /** The connection, as the broker knows it. */
  readonly connection: number;
  readonly timeoutMs: number;
  readonly namespaces: readonly string[];
  /** In base64. */
  readonly token: string;
  readonly channel: unknown;
}

export interface OpenedSession extends Omit<HandedSession, "token"> {
  /** As requests begin with it. */
  readonly token: Buffer;
}

/** A node id in base64: of the standard's four kinds none that is in use is longer. */
const TOKEN_MAX = 8_192;
/** Servers have a dozen. */
const NAMESPACES_MAX = 10_000;
const NAMESPACE_MAX = 4_096;

/** Undefined for what is none. */
export function openedSessionOf(given: unknown): OpenedSession | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  const { connection, timeoutMs, namespaces, token, channel } = given as Partial<
    Record<keyof OpenedSession, unknown>
  >;
  if (!Number.isSafeInteger(connection)) return undefined;
  if (typeof token !== "string" || token.length > TOKEN_MAX) return undefined;
  if (!Array.isArray(namespaces) || namespaces.length > NAMESPACES_MAX) return undefined;
  if (!namespaces.every(isNamespace)) return undefined;
  return {
    ...{ connection: Number(connection), namespaces, channel, timeoutMs: keptMs(timeoutMs) },
    token: Buffer.from(token, "base64"),
  };
}

function isNamespace(each: unknown): each is string {
  return typeof each === "string" && each.length <= NAMESPACE_MAX;
}
