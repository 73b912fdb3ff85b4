/** About who works here. Part of the table in `alarm-kinds.ts`. */

const HOUR = 3_600_000;

export const PEOPLE_ALARM_KINDS = {
  "administrator-left": {
    priority: "high",
    title: "The last administrator is said to have left",
    consequence:
      "Nobody else could administer this site, so the person was signed out everywhere and is not disabled, against what the identity provider says.",
    action: "Give the role to somebody else on People, then disable the person there.",
    returns: "quiet",
    quietMs: HOUR,
    ringsAnew: true,
    raisedBy: ["person:last-administrator-left"],
    source: "subject",
  },
  "emergency-sign-in": {
    priority: "high",
    title: "Somebody signed in without the identity provider",
    consequence:
      "This site asks employees for the word of an identity provider; whoever is named for emergencies got in by the passkey alone.",
    action:
      "Ask the person named whether it was them, and whether the provider was away. If not, disable the person.",
    returns: "quiet",
    quietMs: HOUR,
    ringsAnew: true,
    raisedBy: ["sign-in:emergency"],
    source: "subject",
  },
} as const;
