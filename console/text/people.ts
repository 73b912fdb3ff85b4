import type { PersonView, RoleName } from "../../broker/api/shapes/people.ts";

const roleMeaning: Record<RoleName, string> = {
  administrator: "manages people and grants, sees health; does not read recordings",
  engineer: "opens sessions where granted, replays own ones",
  supervisor: "watches and ends live sessions, sees events",
  vendor: "opens sessions where granted, sees only those assets",
  auditor: "replays every recording, sees events; never opens a session",
  workload: "a service: opens sessions where granted; no person ever is one",
};

const state: Record<PersonView["state"], string> = {
  invited: "Invited",
  active: "Active",
  disabled: "Disabled",
};

export const peopleText = {
  title: "People",
  failed: "The people could not be loaded",
  summary: (active: number, all: number) => `${active} active of ${all}`,
  filter: "Filter by name, e-mail, employer, role",
  emptyTitle: "Nobody is here yet",
  empty: "Invite the first person.",
  invite: "Invite a person",
  table: {
    label: "People",
    name: "Name",
    employer: "Employer",
    roles: "Roles",
    passkeys: "Passkeys",
    lastSignIn: "Last sign-in",
    state: "State",
  },
  never: "never",
  /** Whom an identity provider brought. */
  noRole: "none yet",
  you: "you",
  state,
  roleMeaning,
  actions: {
    menu: (name: string) => `Actions for ${name}`,
    edit: "Change name or roles",
    link: "New enrolment link",
    recover: "Recover: lost all passkeys",
    disable: "Disable",
    enable: "Enable again",
  },
  actionFailed: "That did not work",
} as const;

export const personFormText = {
  inviteTitle: "Invite a person",
  inviteLead:
    "They get a one-time link from you and make a passkey on their own device. No password exists.",
  editTitle: (name: string) => `Change ${name}`,
  name: "Name",
  email: "E-mail",
  employer: "Employer",
  roles: "Roles",
  nameMissing: "Give a name.",
  emailWrong: "Give an e-mail address.",
  employerMissing: "Say for whom they work.",
  rolesMissing: "Choose at least one role.",
  auditorAlone: "An auditor never opens sessions: choose either auditor or a role that opens them.",
  alike: (people: readonly string[]) =>
    `This may be ${people.join(" or ")}, who has an account. With two accounts one person could agree to their own request: give the account that is there another role instead.`,
  invite: "Invite",
  save: "Save",
  cancel: "Cancel",
  failed: "Nothing was changed",
  /** As the broker keeps them: what is longer would be cut without a word. */
  lengthMax: 100,
  emailLengthMax: 254,
} as const;

export const linkText = {
  title: (name: string) => `Enrolment link for ${name}`,
  once: "This link is shown only now and works once. Give it to this person and nobody else: whoever opens it first becomes this person.",
  expires: "It expires",
  copy: "Copy link",
  copied: "Copied",
  label: "One-time link",
  done: "Done",
  newLink: (name: string) => `A new link for ${name} is made; an older one stops working at once.`,
  newLinkAction: "Make a new link",
} as const;

export const disableText = {
  title: (name: string) => `Disable ${name}?`,
  sessions: (count: number) =>
    count === 0
      ? "No session of theirs is running."
      : count === 1
        ? "One running session ends at once."
        : `${count} running sessions end at once.`,
  rest: "They are signed out everywhere, their API tokens end, and they cannot sign in. Their grants stay listed and work again only if they are enabled again. Recordings stay.",
  action: "Disable",
  enableTitle: (name: string) => `Enable ${name} again?`,
  enableRest:
    "They can sign in with their passkeys again, and grants still in their window work again.",
  enableAction: "Enable",
} as const;

export const recoveryText = {
  title: (name: string) => `Recover ${name}?`,
  explain: (name: string) =>
    `${name} lost every passkey. You ask for a new enrolment link; a second administrator must agree with their own passkey before it is made. Make sure by voice or face that it is really this person.`,
  reason: "How do you know it is this person?",
  action: "Ask for recovery",
  waitingTitle: "Recoveries that wait for a second administrator",
  line: (person: string, by: string) => `${person}, asked for by ${by}`,
  expires: "expires",
  approve: "Agree",
  approveNamed: (person: string) => `Agree to the recovery of ${person}`,
  approveTitle: (person: string) => `Agree to the recovery of ${person}?`,
  approveExplain: (person: string) =>
    `You confirm with your passkey that ${person} lost every passkey and asked for this. Their old passkeys stop working, and you get a one-time link to hand over.`,
  approveAction: "Agree with passkey",
  notYou: "Another administrator must agree.",
} as const;
