import type { VendorSeen } from "../../access/vendors.ts";
import type { VendorView } from "../shapes/vendors.ts";

/** @param viewer id of the person who looks */
export function vendorView(seen: VendorSeen, viewer: string): VendorView {
  const { person, sponsor, state, grants } = seen;
  const { id, name, email, employer, lastSignInMs } = person;
  const ends = grants.flatMap(({ untilMs }) => (untilMs === null ? [] : [untilMs]));
  return {
    ...{ id, name, email, employer, lastSignInMs, state },
    sponsor: sponsor ? { id: sponsor.id, name: sponsor.name } : null,
    grants: grants.length,
    untilMs: ends.length === 0 ? null : Math.max(...ends),
    mine: sponsor?.id === viewer,
  };
}
