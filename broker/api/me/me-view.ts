import type { Decisions } from "../../access/decision-point.ts";
import type { SignedIn } from "../../identity/identity.ts";
import type { ThroughProvider } from "../../identity/through-provider.ts";
import type { Plant } from "../../plant/model.ts";
import { personView } from "../people/person-view.ts";
import { siteView } from "../plant/plant-view.ts";
import type { MeView } from "../shapes/people.ts";

/** Fewer passkeys than this and losing a device locks the person out. */
const PASSKEYS_WANTED = 2;

export interface MeAsked {
  readonly decisions: Decisions;
  readonly through: Pick<ThroughProvider, "mayRenew">;
}

export function meView(
  me: SignedIn,
  { site, sites }: Plant,
  { decisions, through }: MeAsked,
): MeView {
  return {
    person: personView(me.person),
    rights: [...decisions.rights(me)],
    assertedMs: me.signIn.assertedMs,
    signInId: me.signIn.id,
    deviceId: me.signIn.deviceId ?? null,
    idleEndsMs: me.idleEndsMs,
    absoluteEndsMs: me.signIn.absoluteEndsMs,
    mayRenew: me.scope === undefined && through.mayRenew(me),
    wantsSecondPasskey: me.person.passkeys < PASSKEYS_WANTED,
    site: siteView(site),
    // Who comes for one job learns of no other site.
    sites: me.person.roles.includes("vendor") ? [] : sites.map(siteView),
  };
}
