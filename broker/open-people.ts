/** Opens who people are: passkeys, sign-ins, devices. */
import type { Identity } from "./identity/identity.ts";
import { openIdentity } from "./identity/open-identity.ts";
import type { Ground } from "./open-parts.ts";
import type { Providers } from "./providers/provider.ts";

export function openPeople(
  { config, opened, clock, store }: Ground,
  { rules }: Pick<Providers, "rules">,
): Promise<Identity> {
  const { rpId, origins, acceptRpIdChange } = config;
  const { signInIdleMs: idleMs, signInAbsoluteMs: absoluteMs } = config;
  const posture = { needs: config.postureNeeds, ageMaxMs: config.postureAgeMaxMs };
  const identity = openIdentity({
    ...{ store, clock, groupRoles: config.scimRoles, providers: rules },
    config: { rpId, origins, rpName: "Sallyport", idleMs, absoluteMs, acceptRpIdChange, posture },
  });
  opened.push(async () => (await identity).close());
  return identity;
}
