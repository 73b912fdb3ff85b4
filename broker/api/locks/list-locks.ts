import { z } from "zod";
import type { Lock } from "../../store/model.ts";
import { type Call, endpoint } from "../endpoint.ts";
import type { PlantShown } from "../plant/plant-view.ts";
import { lockSchema } from "../shapes/locks.ts";
import { type LocksAsked, lockView } from "./lock-view.ts";

export function listLocks(access: LocksAsked, plant: Pick<PlantShown, "current">) {
  return endpoint({
    summary: "What is locked: all for who may lock or lift, else what concerns oneself",
    answer: z.array(lockSchema),
    handle: (call) => {
      const all = call.rights.has("lock:set") || call.rights.has("lock:lift");
      return access.locks
        .list()
        .filter((lock) => all || concerns(lock, call, access, plant))
        .map((lock) => lockView(access, lock, call.me.person, call.rights.has("lock:lift")));
    },
  });
}

/** The site, oneself, and what holds an asset that one may see. */
function concerns(
  lock: Lock,
  { me }: Pick<Call<unknown, unknown, unknown>, "me">,
  access: LocksAsked,
  plant: Pick<PlantShown, "current">,
): boolean {
  if (lock.kind === "site") return true;
  if (lock.kind === "person") return lock.target === me.person.id;
  const seen = plant.current().assets.filter(access.viewable(me.person));
  return seen.some(({ id }) => access.locks.covers(lock, id));
}
