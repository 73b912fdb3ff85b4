import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { refreshSessions } from "./refresh-sessions.ts";

test("a session that the list names no more is not asked for again; others are", async () => {
  const client = new QueryClient();
  client.setQueryData(["sessions"], [{ id: "live" }]);
  for (const id of ["live", "ended"]) client.setQueryData(["sessions", id], { id });
  await refreshSessions(client);
  const isOld = (id: string) => client.getQueryState(["sessions", id])?.isInvalidated;
  expect([isOld("live"), isOld("ended")]).toEqual([true, false]);
});
