/** Words about what assets show as their identity. */

type Kind = "ssh-host-key" | "opcua-certificate" | "tls-certificate";

const KINDS: Readonly<Record<Kind, string>> = {
  "ssh-host-key": "host key",
  "opcua-certificate": "certificate",
  "tls-certificate": "certificate",
};

export const identityText = {
  fact: "Its identity",
  failed: "Could not be loaded",
  what: (kind: Kind) => KINDS[kind],
  inFile: (kind: Kind) => `The plant file pins the ${KINDS[kind]}`,
  trusted: (kind: Kind) => `This ${KINDS[kind]} is trusted`,
  trustedBy: (by: string) => `accepted by ${by}`,
  none: "Nothing is trusted yet: no session reaches it",
  strange: (kind: Kind) => `It shows another ${KINDS[kind]}: sessions are refused`,
  strangeInFile: (kind: Kind) =>
    `It shows another ${KINDS[kind]} than the plant file pins: sessions are refused`,
  waits: (by: string) => `${by} wants it to be trusted; another administrator must agree`,
  waitsForOther: "Waits for another administrator",
  seen: "shown",
  look: "Ask the asset now",
  looking: "The asset is asked which key or certificate it shows. Nobody signs in.",
  notLooked: "Nothing was shown",
  compare: "Compare and accept",
  show: "Show it",
  withdraw: "Withdraw",
  title: (endpoint: string) => `What ${endpoint} shows`,
  explain: {
    "ssh-host-key":
      "Read the fingerprint at the asset itself (on its display, its console port, or with ssh-keygen -lf on the machine) and compare it with this one, letter by letter. A call to who stands there will do; the network that it came over will not.",
    "opcua-certificate":
      "Read the thumbprint of the server's certificate at the asset itself, in its configuration tool or its certificate store, and compare it with this one. A call to who stands there will do; the network that it came over will not.",
    "tls-certificate":
      "Read the certificate's fingerprint at the asset itself, in its setup pages on the spot or with openssl x509 -fingerprint -sha256, and compare it with this one. The network that it came over proves nothing.",
  } satisfies Readonly<Record<Kind, string>>,
  fingerprint: "Fingerprint",
  algorithm: "Kind of key",
  from: "Shown from",
  first: "First shown",
  last: "Last shown",
  subject: "Subject",
  issuer: "Issued by",
  names: "For",
  valid: "Valid",
  until: "until",
  expired: "This certificate is not valid now",
  now: "Trusted now",
  replaced: "It will not be trusted any more; sessions that run on this endpoint end at once.",
  keep: "Keep trusting it beside the new one, while the asset is exchanged",
  compared: "I have compared the fingerprint with the one at the asset",
  accept: "Accept with passkey",
  agree: "Agree with passkey",
  signs: "Your passkey signs this fingerprint for this endpoint.",
  second: "This site asks for two: another administrator must agree before it counts.",
  notAccepted: "It was not accepted",
  altered: "What came to be signed is not what this page shows. Nothing was signed.",
  fileRules:
    "The plant file says which one counts here, and that is the stronger statement: nothing is accepted in the console. If the asset was really replaced, put this line into the plant file in the old one's place.",
  fileLine: (kind: Kind, fingerprint: string) =>
    kind === "ssh-host-key" ? `host-keys: ["${fingerprint}"]` : `certificates: ["${fingerprint}"]`,
  line: "line of the plant file",
  discard: "Discard",
  withdrawTitle: "Do you withdraw the trust in it?",
  withdrawBody:
    "Sessions that run on this endpoint end at once, and no new one reaches it until something is accepted again.",
  close: "Close",
  cancel: "Cancel",
} as const;
