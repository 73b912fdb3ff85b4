import type { EnrolmentLinkView } from "../../../broker/api/shapes/people.ts";

/** A link that was just made, and whose it is; shown once. */
export interface NewLink {
  readonly name: string;
  readonly link: EnrolmentLinkView;
}
