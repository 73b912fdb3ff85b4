/** Opens who people are: passkeys, sign-ins, devices. */
import type { Identity } from "./identity/identity.ts";
import { openIdentity } from "./identity/open-identity.ts";
import type { Ground } from "./open-parts.ts";

export function openPeople({ config, opened, clock, store }: Ground): Promise<Identity> {
  const { rpId, origins, acceptRpIdChange } = config;
  const { signInIdleMs: idleMs, signInAbsoluteMs: absoluteMs } = config;
  const posture = { needs: config.postureNeeds, ageMaxMs: config.postureAgeMaxMs };
  const identity = openIdentity({
    ...{ store, clock, groupRoles: config.scimRoles },
    config: { rpId, origins, rpName: "Sallyport", idleMs, absoluteMs, acceptRpIdChange, posture },
  });
  opened.push(async () => (await identity).close());
  return identity;
}
