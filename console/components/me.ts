/** The signed-in person, for everything inside the shell. */
import { createContext, use } from "react";
import type { MeView, RightName } from "../../broker/api/shapes/people.ts";

export const MeContext = createContext<MeView | undefined>(undefined);

export function useMe(): MeView {
  const me = use(MeContext);
  if (me === undefined) throw new Error("this page is only shown to people who are signed in");
  return me;
}

/** Whether the person has any of these rights. The broker decides; this only chooses what to show. */
export function useRight(...rights: readonly RightName[]): boolean {
  const me = useMe();
  return rights.some((right) => me.rights.includes(right));
}
