/** Words about signing in the command of a person's own machine. */

export const deviceText = {
  title: "A command asks to act for you",
  failed: "This cannot be shown",
  typeTitle: "Which code does your command show?",
  code: "Code",
  look: "Look",
  gone: "Nothing waits under this code any more",
  goneBody: "It was answered or waited too long. Start sallyport login again to get a new address.",
  machine: "Says that it is",
  from: "Asks from",
  tool: "Program",
  key: "Its key",
  asked: "Asked",
  left: (time: string) => `${time} left`,
  means:
    "It may then list, ask for and open what you may, as long as this sign-in lasts: approvals and " +
    "held writes stay with your passkey. You can end it on your account page.",
  tokenTitle: "A program asks to use the API for you",
  tokenName: "Token for",
  tokenRights: "May",
  tokenAssets: "On",
  tokenAllAssets: "all assets that you may see",
  tokenLife: "Counts for",
  tokenKey: "Whoever holds it",
  tokenBound: "can use it only with the key of that machine",
  tokenFree: "can use it: keep it like a password",
  tokenMeans:
    "It may never do more than you may at that moment, and nothing that needs your passkey. You can " +
    "end it on your account page.",
  tokenDone: "The token is made",
  pick: "Which number does your command show?",
  pickBody:
    "Choosing it lets that machine act for you, with your passkey. If you started nothing, refuse.",
  refuse: "I started nothing: refuse",
  refused: "Refused",
  refusedBody: "Nobody was let in. If you started nothing, tell an administrator.",
  notDone: "Nobody was let in",
  altered: "What the broker asked to sign is not what this page shows. Nothing was signed.",
  done: "Your machine is signed in",
  doneBody: "You can close this page. The command goes on by itself within seconds.",
  toAccount: "Where you are signed in",
} as const;
