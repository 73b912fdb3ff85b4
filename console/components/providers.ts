/** Identity providers: going there before the passkey, and accounts there. */
import { queryOptions } from "@tanstack/react-query";
import type {
  AccountsView,
  ProvidersView,
  ReturnedView,
} from "../../broker/api/shapes/providers.ts";
import { accountsText } from "../text/providers.ts";
import { ask } from "./http.ts";
import { queryClient } from "./queries.ts";
import { returnAddress } from "./return-address.ts";
import { type ActionToSign, signAction } from "./sign-action.ts";
import { withFreshAssertion } from "./step-up.ts";

const DOOR = "/api/sign-in/through";
/** In this tab alone: no address that a provider sees, or sends back, says where it leads here. */
const RETURN_KEY = "sallyport.return-to";

interface Going {
  readonly url: string;
}

export interface AccountKey {
  readonly issuer: string;
  readonly subject: string;
}

export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: () => ask<ProvidersView>("GET", DOOR),
});

/** The page is left for the provider's. @param then where to go once signed in */
export async function goThrough(id: string, then: string): Promise<void> {
  const { url } = await ask<Going>("POST", `${DOOR}/${encodeURIComponent(id)}`, {});
  sessionStorage.setItem(RETURN_KEY, then);
  window.location.assign(url);
}

export function takeReturn(): string {
  const then = sessionStorage.getItem(RETURN_KEY);
  sessionStorage.removeItem(RETURN_KEY);
  return returnAddress(then);
}

/** @param query as the provider sent the browser back with it */
export function comeBack(id: string, query: string): Promise<ReturnedView> {
  return ask("POST", `${DOOR}/${encodeURIComponent(id)}/return`, { query });
}

const OWN = "/api/me/accounts";

export const ownAccountsQuery = queryOptions({
  queryKey: ["me", "accounts"],
  queryFn: () => ask<AccountsView>("GET", OWN),
});

export async function linkOwn(id: string): Promise<void> {
  const path = `${OWN}/${encodeURIComponent(id)}`;
  const { url } = await withFreshAssertion(() => ask<Going>("POST", path, {}));
  window.location.assign(url);
}

export async function unlinkOwn({ issuer, subject }: AccountKey): Promise<void> {
  await withFreshAssertion(() => ask<void>("DELETE", OWN, { issuer, subject }));
  await queryClient.invalidateQueries(ownAccountsQuery);
}

export function accountsQuery(personId: string) {
  return queryOptions({
    queryKey: ["accounts", personId],
    queryFn: () => ask<AccountsView>("GET", `/api/people/${encodeURIComponent(personId)}/accounts`),
  });
}

/** One touch: the passkey signs exactly this account of exactly this person. */
export async function changeAccount(
  personId: string,
  act: "link-account" | "unlink-account",
  { issuer, subject }: AccountKey,
): Promise<void> {
  const path = `/api/people/${encodeURIComponent(personId)}/accounts`;
  const toSign = await ask<ActionToSign>("POST", `${path}/options`, { act, issuer, subject });
  await ask("POST", path, await signAction(toSign, accountsText.altered));
  await queryClient.invalidateQueries(accountsQuery(personId));
}
