import type { Decisions } from "../../access/decision-point.ts";
import type { SignedIn } from "../../identity/identity.ts";
import { isByPasskeyAlone } from "../../identity/through-provider.ts";
import type { Site } from "../../plant/model.ts";
import { personView } from "../people/person-view.ts";
import type { MeView } from "../shapes/people.ts";

/** Fewer passkeys than this and losing a device locks the person out. */
const PASSKEYS_WANTED = 2;

export function meView(me: SignedIn, site: Site, decisions: Decisions): MeView {
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
    site: { id: site.id, name: site.name, timeZone: site.timeZone },
  };
}
