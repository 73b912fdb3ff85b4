/** Routes of signing in through identity providers. Part of `route-table.ts`. */
import type { Identity } from "../identity/identity.ts";
import type { ProviderDesk } from "../providers/provider-desk.ts";
import {
  accountOptions,
  changeAccount,
  linkOwnAccount,
  listAccounts,
  listOwnAccounts,
  unlinkOwnAccount,
} from "./providers/accounts.ts";
import { backChannelLogout } from "./providers/back-channel-logout.ts";
import { beginThrough, listProviders, returnThrough } from "./providers/go-through.ts";
import { guarded, open, provided, type Route } from "./route.ts";

export interface ProviderRouteParts {
  readonly identity: Pick<Identity, "through" | "people" | "signedActions">;
  readonly providers: ProviderDesk;
}

export function providerRoutes({
  identity,
  providers: desk,
}: ProviderRouteParts): readonly Route[] {
  const { through, people, signedActions: actions } = identity;
  const accounts = { desk, through, people, actions };
  const [door, own, others] = [
    "/api/sign-in/through",
    "/api/me/accounts",
    "/api/people/:id/accounts",
  ];
  return [
    open("GET", door, listProviders(desk)),
    open("POST", `${door}/:id`, beginThrough(desk)),
    open("POST", `${door}/:id/return`, returnThrough(desk)),
    provided("POST", "/api/back-channel-logout/:id", backChannelLogout(desk)),
    guarded("GET", own, "signed-in", listOwnAccounts(accounts)),
    guarded("POST", `${own}/:id`, "signed-in", linkOwnAccount(accounts)),
    guarded("DELETE", own, "signed-in", unlinkOwnAccount(accounts)),
    guarded("GET", others, "people:manage", listAccounts(accounts)),
    guarded("POST", `${others}/options`, "people:manage", accountOptions(accounts)),
    guarded("POST", others, "people:manage", changeAccount(accounts)),
  ];
}
