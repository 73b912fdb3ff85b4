/** The policies of a site whose broker is stopped, for commands that change them on the host. */
import { userInfo } from "node:os";
import type { PolicyAuthor } from "../access/policies/policy-store.ts";
import { PolicyStore } from "../access/policies/policy-store.ts";
import { systemClock } from "../clock.ts";
import { DEFAULT_POLICIES } from "../open-policies.ts";
import { listPeople } from "../store/people.ts";
import type { Store } from "../store/store.ts";

/** Closed, and its events kept, when this resolves. */
export async function withPoliciesOnHost<T>(
  dataFolder: string,
  store: Store,
  use: (policies: PolicyStore, by: PolicyAuthor) => Promise<T>,
): Promise<T> {
  const noted: Promise<unknown>[] = [];
  const policies = await PolicyStore.open({
    ...{ dataFolder, defaults: DEFAULT_POLICIES, clock: systemClock, site: "site" },
    administrators: async () =>
      (await listPeople(store.queries)).filter(
        ({ roles, state }) => roles.includes("administrator") && state === "active",
      ),
    note: (event) => void noted.push(store.log.record(event)),
  });
  try {
    return await use(policies, { id: null, name: `${userInfo().username} on this machine` });
  } finally {
    policies.close();
    await Promise.all(noted);
  }
}
