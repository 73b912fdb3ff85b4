/** Words of the pages Vendors and Review. */
import type { VendorView } from "../../broker/api/shapes/vendors.ts";

const state: Record<VendorView["state"], string> = {
  invited: "Invited",
  active: "Active",
  asleep: "Asleep",
  suspended: "Suspended",
  disabled: "Disabled",
};

const stateMeaning: Record<VendorView["state"], string> = {
  invited: "Has not used the link yet",
  active: "Holds a grant that counts now or will",
  asleep: "Holds no grant: can sign in, but open nothing. A new grant wakes the account.",
  suspended:
    "Who answered for this account does so no more: nothing opens until somebody else does.",
  disabled: "An administrator disabled the account",
};

export const vendorsText = {
  title: "Vendors",
  failed: "The vendors could not be loaded",
  summary: (count: number) => (count === 1 ? "1 vendor" : `${count} vendors`),
  invite: "Invite a vendor",
  emptyTitle: "Nobody from outside was invited yet",
  empty:
    "An invitation is a link for one address, and the time that you ask for them. Somebody responsible for the zone agrees to it.",
  filter: "Filter by name, company, address",
  state,
  stateMeaning,
  table: {
    label: "Vendors",
    name: "Who",
    employer: "Company",
    state: "State",
    sponsor: "Answered for by",
    until: "Last grant ends",
    lastSignIn: "Last sign-in",
  },
  never: "never",
  nobody: "nobody",
  you: "you",
  ask: "Ask for a time",
  askNamed: (name: string) => `Ask for a time for ${name}`,
  askTitle: (name: string) => `Ask for a time for ${name}`,
  link: "New link",
  linkNamed: (name: string) => `New link for ${name}`,
  linkTitle: (name: string) => `Make a new link for ${name}?`,
  linkExplain: "The link that was given to them before stops working.",
  adopt: "Answer for them",
  adoptNamed: (name: string) => `Answer for ${name}`,
  adoptTitle: (name: string) => `Answer for ${name}?`,
  adoptExplain:
    "From now on you are the one who invited this account: it works while yours does, and you ask for its time.",
  adoptReason: "Why",
  form: {
    title: "Invite a vendor",
    name: "Name",
    email: "E-mail address",
    emailAdvice: "The invitation is for this address alone; send the link there yourself.",
    employer: "Company",
    missing: "Fill this in.",
    alike: (vendors: readonly string[]) =>
      `This may be ${vendors.join(" or ")}, who is in the list already: ask for another time for that account instead.`,
  },
} as const;

export const reviewText = {
  title: "Review",
  failed: "The rights could not be loaded",
  download: "Download (CSV)",
  summary: (all: number, unused: number) =>
    `${all} ${all === 1 ? "right" : "rights"}, ${unused === 0 ? "none" : unused} unused for 90 days`,
  emptyTitle: "No right stands",
  empty: "Grants of the plant file and of the console appear here, with their last use.",
  filter: "Filter by person, endpoint, profile",
  only: { label: "Show", all: "All", unused: "Unused" },
  table: {
    label: "Rights that stand",
    subject: "Who",
    endpoint: "Endpoint",
    profile: "Profile",
    source: "Made in",
    until: "Until",
    lastUsed: "Last used",
    use: "Use",
  },
  never: "never",
  by: (name: string) => `by ${name}`,
  unused: "Unused for 90 days",
  used: "In use",
  fresh: "Not used yet",
  revoke: "Revoke",
} as const;
