/** How long sign-ins and sessions last, at most. Part of `settings.ts`. */
import { type Setting, span } from "./setting.ts";

export const TIME_SETTINGS = {
  signInIdleMs: span(
    {
      variable: "SALLYPORT_SIGN_IN_IDLE",
      fallback: "15m",
      description: "A sign-in without any request for this long ends.",
    },
    "1m",
    "15m",
  ),
  signInAbsoluteMs: span(
    {
      variable: "SALLYPORT_SIGN_IN_ABSOLUTE",
      fallback: "12h",
      description:
        "A sign-in ends this long after the passkey was last shown in it, whatever happens; where an identity provider began it, after its beginning.",
    },
    "5m",
    "12h",
  ),
  assertionAgeMaxMs: span(
    {
      variable: "SALLYPORT_ASSERTION_AGE_MAX",
      fallback: "15m",
      description: "Opening a session asks for the passkey again if it was last used before this.",
    },
    "1m",
    "12h",
  ),
  sessionIdleMs: span(
    {
      variable: "SALLYPORT_SESSION_IDLE",
      fallback: "15m",
      description: "A session in which no person does anything for this long ends.",
    },
    "1m",
    "8h",
  ),
  sessionLeaseMs: span(
    {
      variable: "SALLYPORT_SESSION_LEASE",
      fallback: "30s",
      description: "A session whose owner's page is away for this long ends.",
    },
    "5s",
    "10m",
  ),
  sessionAbsoluteMs: span(
    {
      variable: "SALLYPORT_SESSION_ABSOLUTE",
      fallback: "8h",
      description: "A session ends after this long, even if its grant lasts longer.",
    },
    "5m",
    "24h",
  ),
} as const satisfies Record<string, Setting<unknown>>;
