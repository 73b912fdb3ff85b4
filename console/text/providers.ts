/** Words about signing in through an identity provider, and accounts there. */
export const throughText = {
  button: (provider: string) => `Begin with ${provider}`,
  advice: "Your passkey comes after it: the provider alone signs nobody in.",
  required: "Employees begin with the identity provider here, and confirm with their passkey.",
  or: "or",
  failed: "You are not signed in",
  cameBack: "Signing in",
  asking: "What the provider said is looked at …",
  expected: (provider: string, name: string) => `${provider} says that you are ${name}.`,
  now: "Confirm it with your passkey. Only yours counts now, in this browser, for five minutes.",
  confirm: "Confirm with your passkey",
  again: "Back to sign-in",
  linkedTitle: "Linked",
  linked: (provider: string) =>
    `Your account at ${provider} is linked: you can begin with it when you sign in, and signing out there signs you out here.`,
  goOn: "Back to your account",
  enrolled:
    "Your passkey was made. This site asks for your identity provider as well: sign in with its button, then confirm with the passkey.",
  signIn: "Go to sign-in",
} as const;

export const accountsText = {
  title: "Accounts elsewhere",
  explain:
    "With a linked account you can begin at your identity provider and confirm with your passkey. Signing out there, or unlinking it, ends what was begun through it.",
  failed: "Your accounts could not be loaded",
  label: "Accounts at identity providers",
  provider: "Provider",
  subject: "Name there",
  since: "Linked",
  none: "None is linked.",
  link: (provider: string) => `Link your account at ${provider}`,
  notLinked: "No account was linked",
  unlink: "Unlink",
  unlinkNamed: (provider: string) => `Unlink the account at ${provider}`,
  unlinkTitle: (provider: string) => `Unlink the account at ${provider}?`,
  unlinkExplain: "Sign-ins that were begun through it, and their sessions, end at once.",
  personMenu: "Accounts elsewhere",
  personTitle: (name: string) => `Accounts of ${name}`,
  personExplain:
    "A provider names people by an id of its own (sub), not by an e-mail address: copy it from there. You sign the link with your passkey.",
  subjectField: "Id at the provider (sub)",
  add: "Link",
  altered: "What was to be signed is not what the broker shows. Nothing was signed.",
  close: "Close",
} as const;
