/** What the broker itself answers to a browser, in the panel's place. */
import type { Answer } from "../guard.ts";
import { encodeUtf8 } from "../tape/utf8.ts";
import { encodeHead, type Fields } from "./head.ts";

export interface Page {
  readonly status: number;
  readonly title: string;
  /** Whole sentences. */
  readonly lines: readonly string[];
}

/** What every answer tells a browser: stay within this origin, be framed by nobody else. */
export const STRICT_FIELDS: Fields = [
  ["cache-control", "no-store"],
  [
    "content-security-policy",
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; object-src 'none'; " +
      "worker-src 'none'; form-action 'self'; base-uri 'self'; frame-ancestors 'self'",
  ],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  [
    "permissions-policy",
    "camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), midi=(), " +
      "payment=(), publickey-credentials-create=(), publickey-credentials-get=(), " +
      "serial=(), usb=()",
  ],
  ["referrer-policy", "same-origin"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "SAMEORIGIN"],
];

const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:38rem;margin:12vh auto;padding:0 1rem;" +
  "color-scheme:light dark}h1{font-size:1.3rem}p{margin:.6rem 0}";

export function pageBytes(
  { status, title, lines }: Page,
  withBody = true,
  more: Fields = [],
): Uint8Array {
  const text = lines.map((line) => `<p>${escaped(line)}</p>`).join("");
  const body = encodeUtf8(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title>` +
      `<style>${STYLE}</style><h1>${escaped(title)}</h1>${text}</html>\n`,
  );
  const head = encodeHead(`HTTP/1.1 ${status} Sallyport`, [
    ...STRICT_FIELDS,
    ["content-type", "text/html; charset=utf-8"],
    ["content-length", String(body.length)],
    ...more,
  ]);
  if (!withBody) return head;
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return whole;
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

export const NO_ANSWER: Page = {
  status: 504,
  title: "The panel does not answer",
  lines: ["It may be off or restarting. What you asked for may or may not have been done."],
};

export const WITHHELD: Page = {
  status: 403,
  title: "Not carried out",
  lines: ["The right to it was lost before it could leave. The panel did not hear of it."],
};

export function refusedPage(answer: Answer, what: string): Page {
  const because = answer.kind === "deny" ? answer.because : undefined;
  const lines = because ? [`Rule: ${because.rule}.`, `Reason: ${because.reason}.`] : [];
  return { status: 403, title: "Refused", lines: [what, ...lines] };
}

export function leadsOut(location: string): Page {
  return {
    status: 502,
    title: "The panel leads elsewhere",
    lines: [`It sends you to ${location}, which is not this panel. Sallyport does not go there.`],
  };
}
