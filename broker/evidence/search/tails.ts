/** What of the recordings under way is not sealed, as the search asks for it. */
import type { SealerLink } from "../sealer-link.ts";
import type { SearchParts, Tail } from "./search.ts";

export function unsealedTails(
  sealer: Pick<SealerLink, "look" | "plain">,
  settle: () => Promise<void>,
): Pick<SearchParts, "tails" | "plain"> {
  return {
    tails: async () => {
      await settle();
      const unsealed = await sealer.look(undefined);
      return unsealed.flatMap(({ header, lines }): Tail[] => {
        const last = lines.at(-1);
        if (header === undefined || last === undefined) return [];
        const { number, lastMs, plainBytes } = last;
        return [{ header, lastMs, number, plainBytes }];
      });
    },
    plain: (session, number) => sealer.plain(session, number),
  };
}
