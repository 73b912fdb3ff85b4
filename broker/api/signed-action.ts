/** What endpoints for signed acts share: their bodies, and that what was signed still holds. */
import { z } from "zod";
import { canonicalJson } from "../../protocols/log/canonical-json.ts";
import type { ActionContent } from "../identity/signed-actions.ts";
import { authenticatorResponse } from "./parameters.ts";
import { ApiRefused } from "./problem.ts";

/** Identity bounds the text more closely. */
const TEXT_MAX = 32_768;

/** Body of the act itself; `…/options` answered the text. */
export const signedAnswer = z.strictObject({
  text: z.string().min(1).max(TEXT_MAX),
  response: authenticatorResponse,
});

/** @throws ApiRefused `changed` */
export function sameContent(signed: ActionContent, now: ActionContent): void {
  if (canonicalJson(signed) === canonicalJson(now)) return;
  throw new ApiRefused(
    409,
    "changed",
    "This has changed since you looked at it. Look again, then decide.",
  );
}
