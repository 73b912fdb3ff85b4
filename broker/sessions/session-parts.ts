/** What a session is made of, apart from what it makes itself. */
import type { VerifiedClaims } from "../access/permits.ts";
import type { Clock } from "../clock.ts";
import type { TapeWriter } from "../evidence/recorder.ts";
import type { Scanner } from "../legs/clamd.ts";
import type { Matcher } from "../policy/decision.ts";
import type { AssetWay } from "./asset-way.ts";
import type { PointLocks } from "./point-locks.ts";
import type { LiveSession } from "./session.ts";
import type { SessionHooks } from "./session-hooks.ts";

export interface SessionParts {
  readonly claims: VerifiedClaims;
  readonly tape: TapeWriter;
  readonly matcher: Matcher;
  /** Of the endpoint, over all sessions. */
  readonly locks: PointLocks;
  connect(): AssetWay;
  readonly clock: Clock;
  readonly hooks: SessionHooks;
  readonly scanner?: Scanner | undefined;
  /** Called once, in the turn in which it ended. */
  over(session: LiveSession): void;
}
