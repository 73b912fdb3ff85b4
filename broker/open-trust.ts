/** Opens what is known of the identities of assets, and the desk where administrators decide. */
import type { KeyObject } from "node:crypto";
import type { Access } from "./access/access.ts";
import type { DecisionPoint } from "./access/decision-point.ts";
import type { TopicBell } from "./api/live/topic-bell.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { Identity } from "./identity/identity.ts";
import type { Logger } from "./log.ts";
import type { Plant } from "./plant/model.ts";
import { ReachDesk } from "./sessions/reach-desk.ts";
import type { LiveSession, SessionHost } from "./sessions/session.ts";
import type { Store } from "./store/store.ts";
import { TrustDesk } from "./trust/trust-desk.ts";
import { TrustedBook } from "./trust/trusted-book.ts";

interface TrustGround {
  readonly config: Pick<Config, "plantSecondAdministrator">;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Pick<Logger, "error">;
  readonly bell: TopicBell;
}

export function openTrusted({ store, clock, log, bell }: TrustGround): Promise<TrustedBook> {
  return TrustedBook.open({
    ...{ store, clock },
    changed: () => bell.ring("plant"),
    failed: (error) => log.error({ error }, "what an asset showed was not kept"),
  });
}

/** Which endpoints the broker reaches. */
export function openReach(
  clock: Clock,
  { plant, sessions, access, permitKey }: Omit<TrustNeighbours, "book" | "identity" | "decisions">,
): ReachDesk {
  return new ReachDesk({
    ...{ clock, plant, sessions, permitKey },
    // What a switch was read by answers; one that cannot be read may be looked for.
    readEndpoints: () =>
      access.keySwitches
        .list()
        .filter(({ state }) => state !== "unknown")
        .map(({ keySwitch }) => keySwitch.input.endpoint),
    lockOver: (assetId) => access.locks.causeOver("", assetId),
  });
}

interface TrustNeighbours {
  readonly book: TrustedBook;
  readonly identity: Pick<Identity, "signedActions">;
  readonly decisions: DecisionPoint;
  readonly plant: { current(): Plant };
  readonly sessions: SessionHost;
  readonly access: Pick<Access<LiveSession>, "locks" | "keySwitches">;
  readonly permitKey: KeyObject;
}

export function openTrustDesk(
  { config, store, clock }: TrustGround,
  { book, identity, decisions, plant, sessions, access, permitKey }: TrustNeighbours,
): TrustDesk {
  return new TrustDesk({
    ...{ store, clock, book, decisions, plant, permitKey },
    signedActions: identity.signedActions,
    identify: (permit) => sessions.identify(permit),
    lockOver: (assetId) => access.locks.causeOver("", assetId),
    cut: (endpoint, cause) => {
      for (const session of sessions.list()) {
        const { asset, endpoint: at } = session.claims;
        if (`${asset.id}/${at.id}` === endpoint) session.end(cause);
      }
    },
    secondNeeded: config.plantSecondAdministrator,
  });
}
