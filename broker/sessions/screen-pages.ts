/** Which pages of a screen a session is judged by: drawing what it shows costs, so only where a rule asks. */
import type { ScreenPage } from "../../protocols/rfb/screen-page.ts";
import type { Endpoint, Profile } from "../plant/model.ts";

export function pagesJudged(endpoint: Endpoint, { rules }: Profile): readonly ScreenPage[] {
  if (endpoint.protocol !== "vnc") return [];
  const asks = rules.some(({ match: { own } }) => own?.protocol === "vnc" && own.regions);
  return asks ? endpoint.pages : [];
}
