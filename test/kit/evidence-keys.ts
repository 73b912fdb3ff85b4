/** Keys for recordings that exist for a test only. */
import type { EvidenceKeys } from "../../broker/evidence/keys.ts";

export const TEST_KEYS: EvidenceKeys = {
  identities: ["AGE-SECRET-KEY-1A9DWR6NAQTKN9SAT5W70AXVAYP7ZEGPWDUDVJ86Y3HU686CW8G8QZW85SC"],
  site: "age1azujdqsd8d3tet6dxanz50kxu89ex6y0sp75r5q48kyksv3efv8qj6mpp5",
  auditors: [],
};

/** Somebody else's. */
export const AUDITOR = {
  identity: "AGE-SECRET-KEY-14AVZ6QPXZ95RYP03NXRNGC4VLG48X8J6Q38NED5K7FKYPE9FRGYSR30Z9N",
  recipient: "age16pyk56d89afl820quszake73s4aakgllghs68t747mylpqnh4a2s6nlyen",
};
