/** Of which places a session's rules speak: asking the asset costs, so only for those. */
import type { Endpoint, Profile } from "../plant/model.ts";

const roots = new WeakMap<Profile, readonly string[]>();

/** Undefined where the protocol knows no places; which ids are one method is asked for with any. */
export function placesJudged(
  { protocol }: Pick<Endpoint, "protocol">,
  profile: Profile,
): readonly string[] | undefined {
  if (protocol !== "opcua") return undefined;
  const known = roots.get(profile);
  if (known) return known;
  const all = profile.rules.flatMap(({ match: { own } }) =>
    own?.protocol === "opcua" ? (own.below ?? []) : [],
  );
  const places = [...new Set(all)];
  roots.set(profile, places);
  return places;
}
