/** Everything around looking at recordings: who looked, what was said, and links for others. */
import type { Clock } from "../../clock.ts";
import type { Store } from "../../store/store.ts";
import { Bases } from "./bases.ts";
import { Comments } from "./comments.ts";
import { Looks } from "./looks.ts";
import { Shares } from "./shares.ts";

export interface Viewing {
  readonly looks: Looks;
  readonly comments: Comments;
  readonly shares: Shares;
  readonly bases: Bases;
}

export function openViewing(store: Store, clock: Clock): Viewing {
  return {
    looks: new Looks(store, clock),
    comments: new Comments(store, clock),
    shares: new Shares(store, clock),
    bases: new Bases(store),
  };
}
