/** Words about what assets are signed in to with. */

export const credentialText = {
  fact: "Signed in to with",
  none: (asksAlways: boolean) =>
    asksAlways
      ? "Nothing is set: no session reaches it"
      : "Nothing is set: no session reaches it where it asks for a password",
  set: (kind: "password" | "key", user: string) =>
    `${kind === "password" ? "A password" : "A private key"} of ${user === "" ? "no user" : `"${user}"`}`,
  setBy: (by: string) => `set by ${by}`,
  failed: "Could not be loaded",
  change: "Change",
  setNow: "Set it",
  remove: "Remove",
  title: (endpoint: string) => `What ${endpoint} is signed in to with`,
  explain:
    "It is kept encrypted, used by the broker alone, and never shown again. The next connection uses it.",
  kind: { label: "Kind", password: "Password", key: "Private key" },
  user: "User on the asset",
  password: "Password",
  privateKey: "Private key (OpenSSH or PEM)",
  passphrase: "Passphrase, if the key has one",
  save: "Set",
  cancel: "Cancel",
  notSet: "It was not set",
  removeTitle: "Remove what the asset is signed in to with?",
  removeBody: (asksAlways: boolean) =>
    asksAlways
      ? "No new session reaches it until something is set again. Sessions that run stay."
      : "Where it asks for a password, no new session reaches it until something is set again. Sessions that run stay.",
} as const;
