/** Words about the keys of one's own SSH clients. */
export const sshKeyText = {
  title: "Keys of your SSH clients",
  explain:
    "With a key here, ssh tells the broker whose client it is, and only you can approve what it asks for. You still approve each session in the browser, with the number that ssh shows: a key alone opens nothing.",
  failed: "Your keys could not be loaded",
  label: "Keys of your SSH clients",
  name: "Name",
  fingerprint: "Fingerprint",
  added: "Added",
  used: "Last used",
  never: "not yet",
  remove: "Remove",
  removeNamed: (name: string) => `Remove the key ${name}`,
  removeTitle: (name: string) => `Remove ${name}?`,
  removeExplain: "Sessions that clients with this key have open end at once.",
  removeAction: "Remove key",
  nameField: "Name of this key",
  nameExample: "Laptop at work",
  keyField: "Public key",
  keyAdvice: "The line of the .pub file, for example ~/.ssh/id_ed25519.pub",
  add: "Add with passkey",
  notAdded: "The key was not added",
  privateKey:
    "That is a private key. It was not sent anywhere; paste the line of the .pub file instead.",
  altered: "What came to be signed is not what this page shows. Nothing was signed.",
} as const;
