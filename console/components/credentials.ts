/** What assets are signed in to with: whether it is set, and setting it. It is never read back. */
import { queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import type { CredentialView, credentialSchema } from "../../broker/api/shapes/credentials.ts";
import { ask } from "./http.ts";
import { queryClient } from "./queries.ts";
import { withFreshAssertion } from "./step-up.ts";

export type NewCredential = z.input<typeof credentialSchema>;

const PATH = "/api/credentials";

export const credentialsQuery = queryOptions({
  queryKey: ["credentials"],
  queryFn: () => ask<CredentialView[]>("GET", PATH),
});

export async function setCredential(endpoint: string, credential: NewCredential): Promise<void> {
  await withFreshAssertion(() => ask<void>("POST", PATH, { endpoint, credential }));
  await queryClient.invalidateQueries(credentialsQuery);
}

export async function removeCredential(endpoint: string): Promise<void> {
  await withFreshAssertion(() => ask<void>("POST", `${PATH}/removal`, { endpoint }));
  await queryClient.invalidateQueries(credentialsQuery);
}
