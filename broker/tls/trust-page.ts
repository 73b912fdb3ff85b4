/** How to trust the site's authority: the same words as a page and on the host. */
import { escaped } from "../../protocols/http/page.ts";

/** What each system calls the place, and how to get there. */
export const TRUST_STEPS: readonly (readonly [system: string, step: string])[] = [
  [
    "Windows (Edge, Chrome)",
    "Open the file, choose Install Certificate, Local Machine, then place it in Trusted Root Certification Authorities. With a domain: a group policy, Public Key Policies.",
  ],
  [
    "macOS (Safari, Chrome)",
    "Open the file in Keychain Access, keychain System; then open it there and set Trust, SSL to Always Trust.",
  ],
  [
    "Linux",
    "Debian: copy it to /usr/local/share/ca-certificates/ and run update-ca-certificates. Chromium keeps its own: certutil -d sql:$HOME/.pki/nssdb -A -t C -n sallyport -i site-authority.crt.",
  ],
  ["Firefox", "Settings, Certificates, View Certificates, Authorities, Import: identify websites."],
  [
    "iPhone, iPad",
    "Open the file, install the profile in Settings, then General, About, Certificate Trust Settings: switch it on.",
  ],
  [
    "Android",
    "Settings, Security, Encryption & credentials, Install a certificate, CA certificate.",
  ],
];

export const WHY_TRUST =
  "Browsers use a passkey only on a site whose certificate they trust. This site certifies itself: its authority can vouch for the names of this console and for nothing else.";

export const COMPARE =
  "This page came over a road that nobody vouches for. Compare the fingerprint with what an administrator reads to you from the host (sallyport tls trust) before you trust the file.";

export interface TrustPageParts {
  /** The console's origin. */
  readonly console: string;
  readonly certificatePath: string;
  readonly fingerprint: string;
}

const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:8vh auto;padding:0 1rem;" +
  "color-scheme:light dark}h1{font-size:1.4rem}code{overflow-wrap:anywhere}dt{font-weight:600;" +
  "margin-top:.8rem}dd{margin:0}a{color:inherit}";

export function trustPage({ console, certificatePath, fingerprint }: TrustPageParts): string {
  const steps = TRUST_STEPS.map(
    ([system, step]) => `<dt>${escaped(system)}</dt><dd>${escaped(step)}</dd>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Trust this site</title><style>${STYLE}</style>
<main><h1>Trust this site</h1><p>${escaped(WHY_TRUST)}</p>
<ol><li><a href="${certificatePath}">Fetch the certificate of the site's authority</a>.</li>
<li>${escaped(COMPARE)}<br><code>${fingerprint}</code></li>
<li>Trust it on this device, as below; then close the browser and open it again.</li>
<li><a href="${escaped(console)}">Open the console</a>.</li></ol>
<dl>${steps.join("")}</dl></main></html>
`;
}
