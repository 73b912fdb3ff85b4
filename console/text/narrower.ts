/** Words about the narrowest profile for what a grant was used for. */
export const narrowerText = {
  action: "Narrow",
  open: (who: string, endpoint: string) => `Narrow to what ${who} did on ${endpoint}`,
  title: "The narrowest profile for what was done",
  lead: (sessions: number, leftOut: number) =>
    `Made from ${sessions === 1 ? "1 recording" : `${sessions} recordings`} under this grant that you may see${leftOut > 0 ? `; ${leftOut} older ones were left out` : ""}. Whatever it does not name is denied.`,
  proved: (operations: number) =>
    `${operations.toLocaleString("en")} operations were judged again by it: what was permitted would be permitted again.`,
  notProved: (refused: number, operations: number) =>
    `${refused.toLocaleString("en")} of ${operations.toLocaleString("en")} operations would be refused or wait for a person: change it by hand.`,
  unneeded: "Denied from then on, since nothing needed it:",
  allNeeded: "Every rule of the present profile was needed; the limits are narrower.",
  label: "Profile",
  failed: "No profile was made",
  working: "Recordings are being looked through…",
  take: "Put it into the plant file",
  taken:
    "It opens in the editor of the plant file: read it, plan it, sign it. Nothing counts before.",
  noRight: "Who may change the plant file can put it there.",
  close: "Close",
} as const;
