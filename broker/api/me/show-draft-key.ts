import { z } from "zod";
import type { DraftKeys } from "../../identity/draft-keys.ts";
import { endpoint } from "../endpoint.ts";

export function showDraftKey(keys: Pick<DraftKeys, "of">) {
  return endpoint({
    summary: "What this person's browser enciphers unsaved texts with",
    answer: z.object({ key: z.string() }),
    handle: ({ me }) => ({ key: keys.of(me.person.id) }),
  });
}
