/** Tokens by which programs use the API: one's own, and for administrators everybody's. */
import { queryOptions } from "@tanstack/react-query";
import type { ApiTokenView } from "../../broker/api/shapes/tokens.ts";
import { ask } from "./http.ts";
import { queryClient } from "./queries.ts";

export const ownTokensQuery = queryOptions({
  queryKey: ["me", "tokens"],
  queryFn: () => ask<ApiTokenView[]>("GET", "/api/me/tokens"),
});

export const allTokensQuery = queryOptions({
  queryKey: ["people", "tokens"],
  queryFn: () => ask<ApiTokenView[]>("GET", "/api/tokens"),
});

export async function revokeOwnToken(id: string): Promise<void> {
  await ask("DELETE", `/api/me/tokens/${encodeURIComponent(id)}`);
  await queryClient.invalidateQueries(ownTokensQuery);
}

export async function revokeToken(id: string): Promise<void> {
  await ask("DELETE", `/api/tokens/${encodeURIComponent(id)}`);
  await queryClient.invalidateQueries(allTokensQuery);
}
