/** What an API token may be used for: never more than its person may do at that moment. */
import type { Right } from "../policy/rights.ts";

export interface TokenScope {
  readonly tokenId: string;
  readonly rights: ReadonlySet<Right>;
  /** Ids of assets; undefined for all that the person may see. */
  readonly assets: ReadonlySet<string> | undefined;
}

/** A quarter of a year: longer ones are forgotten. */
export const TOKEN_LIFE_MAX_MS = 90 * 86_400_000;
/** So that one that leaks into a log is found there, and by scanners of secrets. */
export const TOKEN_PREFIX = "sallyport_";

/** Rights that a program can be given: to look, to ask, to stop; never to decide or to hand on. */
export const TOKEN_RIGHTS = [
  "plant:view",
  "session:open",
  "session:list",
  "session:end",
  "recording:own",
  "recording:all",
  "recording:export",
  "request:make",
  "access:review",
  "policy:view",
  "events:view",
  "log:state",
  "health:view",
] as const satisfies readonly Right[];
export type TokenRight = (typeof TOKEN_RIGHTS)[number];

/** Whoever comes without a token is held to nothing more than their rights. */
export function reaches({ scope }: { readonly scope?: TokenScope }, asset: string): boolean {
  return scope?.assets?.has(asset) ?? true;
}

/** @param endpoint `ASSET/ENDPOINT` */
export function assetOf(endpoint: string): string {
  return endpoint.split("/")[0] ?? "";
}
