/** Which keys and certificates assets showed, and which of them an administrator accepted. */
import { queryOptions } from "@tanstack/react-query";
import type { AssetIdentitiesView } from "../../broker/api/shapes/identities.ts";
import { identityText } from "../text/identities.ts";
import { ask } from "./http.ts";
import { queryClient } from "./queries.ts";
import { type ActionToSign, signAction } from "./sign-action.ts";

const PATH = "/api/asset-identities";

/** Under the key of the plant: one topic refreshes both. */
export const identitiesQuery = queryOptions({
  queryKey: ["plant", "identities"],
  queryFn: () => ask<AssetIdentitiesView>("GET", PATH),
});

/** The asset is asked now, without a session. */
export async function lookAtIdentity(endpoint: string): Promise<void> {
  await ask<void>("POST", `${PATH}/look`, { endpoint });
  await queryClient.invalidateQueries(identitiesQuery);
}

/** One touch: the passkey signs exactly this fingerprint of exactly this endpoint. */
export function trustIdentity(endpoint: string, fingerprint: string, keep: boolean): Promise<void> {
  return signed({ act: "trust", endpoint, fingerprint, keep });
}

export function withdrawTrust(endpoint: string, fingerprint: string): Promise<void> {
  return signed({ act: "withdraw", endpoint, fingerprint });
}

export async function discardTrust(endpoint: string, fingerprint: string): Promise<void> {
  await ask<void>("POST", `${PATH}/discard`, { endpoint, fingerprint });
  await queryClient.invalidateQueries(identitiesQuery);
}

async function signed(wish: object): Promise<void> {
  const toSign = await ask<ActionToSign>("POST", `${PATH}/options`, wish);
  await ask("POST", PATH, await signAction(toSign, identityText.altered));
  await queryClient.invalidateQueries(identitiesQuery);
}
