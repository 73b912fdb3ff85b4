/**
 * Which alarms and events somebody sees, and may answer: those of the sites at which they hold the
 * right. One of which nobody knows where it was is for who holds it at each.
 */
import type { Decisions } from "../../access/decision-point.ts";
import { type AlarmPlace, namedPlace } from "../../alarms/alarm-place.ts";
import type { SignedIn } from "../../identity/identity.ts";
import type { Plant } from "../../plant/model.ts";
import type { Right } from "../../policy/rights.ts";

export interface SightParts {
  readonly decisions: Pick<Decisions, "sitesWith">;
  readonly plant: { current(): Plant };
}

export interface AlarmSight {
  covers(place: AlarmPlace): boolean;
  /** As alarms are kept with them; undefined: all, also those of nowhere known. */
  readonly sites: readonly string[] | undefined;
}

/** @param site of this one alone; all otherwise */
export function sightOf(
  { decisions, plant: source }: SightParts,
  me: SignedIn,
  right: Right,
  site?: string,
): AlarmSight {
  const plant = source.current();
  const held = decisions.sitesWith(me, right);
  const isAll = held.size > plant.sites.length;
  const wanted = (id: string) => held.has(id) && (site === undefined || site === id);
  const kept = [...held].filter(wanted).map((id) => (id === plant.site.id ? "" : id));
  return {
    covers: (place) => {
      const at = namedPlace(plant, place);
      return at === null ? isAll && site === undefined : wanted(at);
    },
    sites: isAll && site === undefined ? undefined : kept,
  };
}
