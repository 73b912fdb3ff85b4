/** What identity is told at start, checked once. */
import { IdentityRefused } from "./identity.ts";
import type { PostureRule } from "./posture.ts";

export interface IdentityConfig {
  /** WebAuthn relying party: a registrable domain, or `localhost`. */
  readonly rpId: string;
  readonly rpName: string;
  /** Exact origins of the console; links are made for the first. */
  readonly origins: readonly string[];
  readonly idleMs?: number;
  readonly absoluteMs?: number;
  /** Start although passkeys exist for another RP ID: they stop working. */
  readonly acceptRpIdChange?: boolean;
  /** What is asked of the computers that people work on. */
  readonly posture?: PostureRule;
}

/** Most that SP 800-63B-4 AAL3 allows; shorter is fine. */
export const IDLE_MAX_MS = 15 * 60_000;
export const ABSOLUTE_MAX_MS = 12 * 3_600_000;

export interface CheckedIdentityConfig {
  readonly rpId: string;
  readonly rpName: string;
  readonly origins: readonly [string, ...string[]];
  readonly idleMs: number;
  readonly absoluteMs: number;
}

/** @throws IdentityRefused input-invalid */
export function checkIdentityConfig(config: IdentityConfig): CheckedIdentityConfig {
  const [first, ...others] = config.origins.map((origin) => checkOrigin(origin, config.rpId));
  if (first === undefined) throw invalid("no origin of the console is given");
  return {
    rpId: config.rpId,
    rpName: config.rpName,
    origins: [first, ...others],
    idleMs: checkLimit("the idle time of a sign-in", config.idleMs, IDLE_MAX_MS),
    absoluteMs: checkLimit("the life of a sign-in", config.absoluteMs, ABSOLUTE_MAX_MS),
  };
}

/** Browsers do passkeys only on https, or on plain http at localhost. */
function checkOrigin(origin: string, rpId: string): string {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (!url || url.origin !== origin) throw invalid(`${origin} is not an origin`);
  if (url.hostname !== rpId && !url.hostname.endsWith(`.${rpId}`)) {
    throw invalid(`${origin} does not belong to the RP ID ${rpId}`);
  }
  const local = url.hostname === "localhost" || url.hostname.endsWith(".localhost");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && local)) {
    throw invalid(`${origin} must be https`);
  }
  return origin;
}

function checkLimit(what: string, value: number | undefined, max: number): number {
  if (value === undefined) return max;
  if (value > 0 && value <= max) return value;
  throw invalid(`${what} must be above 0 and at most ${max / 60_000} minutes`);
}

function invalid(message: string): IdentityRefused {
  return new IdentityRefused("input-invalid", message);
}
