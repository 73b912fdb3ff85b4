import type { Decisions } from "../../access/decision-point.ts";
import type { SignedIn } from "../../identity/identity.ts";
import { isByPasskeyAlone } from "../../identity/through-provider.ts";
import type { Plant } from "../../plant/model.ts";
import { personView } from "../people/person-view.ts";
import { siteView } from "../plant/plant-view.ts";
import type { MeView } from "../shapes/people.ts";

/** Fewer passkeys than this and losing a device locks the person out. */
const PASSKEYS_WANTED = 2;

export function meView(me: SignedIn, { site, sites }: Plant, decisions: Decisions): MeView {
  return {
    person: personView(me.person),
    rights: [...decisions.rights(me)],
    assertedMs: me.signIn.assertedMs,
    signInId: me.signIn.id,
    deviceId: me.signIn.deviceId ?? null,
    idleEndsMs: me.idleEndsMs,
    absoluteEndsMs: me.signIn.absoluteEndsMs,
    mayRenew: isByPasskeyAlone(me.signIn),
    wantsSecondPasskey: me.person.passkeys < PASSKEYS_WANTED,
    site: siteView(site),
    // Who comes for one job learns of no other site.
    sites: me.person.roles.includes("vendor") ? [] : sites.map(siteView),
  };
}
