/** What the guard remembers of a session, empty at its beginning. */
import { Aliases } from "./aliases.ts";
import { Continuations } from "./continuations.ts";
import type { Places } from "./places.ts";
import type { Memory } from "./service.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Wording } from "./wording.ts";

export function emptyMemory(waiting: Memory["waiting"], places?: Places): Memory {
  const aliases = new Aliases();
  return {
    ...{ aliases, waiting, places, wording: new Wording(aliases) },
    ...{ subscriptions: new Subscriptions(), continuations: new Continuations() },
  };
}
