/** Words of the sign-in and enrolment pages, and of everything that asks for a passkey. */
export const passkeyText = {
  hurdle: {
    "no-passkeys": {
      title: "This browser has no passkeys",
      advice:
        "Use a current version of Chrome, Edge, Firefox or Safari. In a private window or an embedded browser passkeys may be switched off.",
    },
    "insecure-address": {
      title: "Passkeys do not work at this address",
      advice:
        "The connection is not encrypted, so the browser keeps passkeys back. Open the console by its https address.",
    },
    "ip-address": {
      title: "Passkeys do not work at a numeric address",
      advice: "Passkeys belong to a name, not to a number. Open the console by its name instead.",
    },
  },
  failure: {
    notConfirmed:
      "The passkey was not confirmed: it was cancelled, took too long, or this device has none for this site. Try again.",
    alreadyThere:
      "This device already holds a passkey of yours for this site. Use another device or a security key.",
    wrongAddress:
      "This address is not the one your passkeys were made for. Open the console by the address that its administrator gave you.",
    noVerification:
      "This security key cannot check that it is you (PIN or fingerprint). Set a PIN on it, or use another one.",
    other: "The browser could not use a passkey. Try again, or try another browser or device.",
  },
} as const;

export const signInText = {
  title: "Sign in",
  lead: "Sign in with the passkey on this device, your phone or a security key. There are no passwords here.",
  field: "E-mail",
  fieldAdvice: "Your browser offers your passkeys here.",
  button: "Sign in with a passkey",
  failed: "You are not signed in",
  signedOut: "You were signed out",
  draftWaits: "What you were writing waits in this tab: sign in here to go on with it.",
  lost: "Lost every passkey? Ask an administrator of this site: two of them together can let you enrol again.",
  firstTime: "New here? Open the enrolment link that you were given.",
} as const;

export const enrolText = {
  title: "Enrol",
  doneTitle: "You are enrolled",
  welcome: (name: string) => `Welcome, ${name}`,
  lead: "Make a passkey for this site. It stays on your device or in your password manager; this site keeps only its public half.",
  label: "Name of this passkey",
  labelAdvice: "So that you know it again in a list: the device it is on.",
  labelRequired: "Give it a name.",
  labelLengthMax: 60,
  thisDevice: (platform: string) => `My ${platform} device`,
  someDevice: "My first device",
  button: "Make a passkey",
  failed: "You are not enrolled yet",
  linkFailed: "This enrolment link does not work",
  noToken: "Open the whole link that you were given; it works once.",
  noTokenTitle: "The enrolment link is not complete",
  done: "This passkey signs you in from now on.",
  second:
    "Add a second one on another device now: if you lose one, the other still signs you in, and nobody has to recover your account.",
  secondLabel: "My second device",
  secondDone: "The second passkey was added.",
  goOn: "Go to the plant",
  addSecond: "Add a second passkey",
} as const;
