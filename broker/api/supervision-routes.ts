/** Routes of those who watch over sessions: freeze, holds, lockdown. Part of `route-table.ts`. */

import type { Access } from "../access/access.ts";
import type { Recordings } from "../evidence/recordings.ts";
import type { Identity } from "../identity/identity.ts";
import type { LiveSession, SessionHost } from "../sessions/session.ts";
import type { BreakGlassAsked } from "./break-glass/break-glass-view.ts";
import { listBreakGlass, showBreakGlass } from "./break-glass/list-break-glass.ts";
import {
  breakGlassOptions,
  endBreakGlass,
  openBreakGlass,
} from "./break-glass/open-break-glass.ts";
import { reviewBreakGlass, reviewOptions } from "./break-glass/review-break-glass.ts";
import { answerConsent, consentOptions, listConsents } from "./consents/answer-consent.ts";
import { askConsent, showConsent, withdrawConsent } from "./consents/ask-consent.ts";
import { answerHold, holdOptions } from "./holds/answer-hold.ts";
import { askBeforehand } from "./holds/ask-beforehand.ts";
import { listHolds } from "./holds/list-holds.ts";
import { liftLock, liftLockOptions } from "./locks/lift-lock.ts";
import { listLocks } from "./locks/list-locks.ts";
import type { LocksAsked } from "./locks/lock-view.ts";
import { setLock } from "./locks/set-lock.ts";
import type { PlantShown } from "./plant/plant-view.ts";
import { answerResponse, responseOptions } from "./responses/answer-response.ts";
import { listResponses, type ResponsesAsked } from "./responses/list-responses.ts";
import { guarded, type Route } from "./route.ts";
import { freezeSession, resumeSession } from "./sessions/freeze-session.ts";

type ConsentsAsked = Pick<Access<LiveSession>, "consents">;

export interface SupervisionParts {
  readonly identity: Pick<Identity, "signedActions">;
  readonly access: LocksAsked & BreakGlassAsked & ConsentsAsked;
  readonly recordings: Recordings;
  readonly sessions: SessionHost;
  readonly plant: Pick<PlantShown, "current">;
  readonly responses: ResponsesAsked["responses"];
}

export function supervisionRoutes(parts: SupervisionParts): readonly Route[] {
  const { access, sessions, plant } = parts;
  const { signedActions } = parts.identity;
  return [
    guarded("POST", "/api/sessions/:id/freeze", "session:freeze", freezeSession(sessions)),
    guarded("POST", "/api/sessions/:id/resume", "session:freeze", resumeSession(sessions)),

    ...consentRoutes(access.consents),

    guarded("POST", "/api/sessions/:id/asks", "session:open", askBeforehand(sessions)),
    guarded("GET", "/api/holds", "hold:answer", listHolds(sessions)),
    guarded("POST", "/api/holds/:id/options", "hold:answer", holdOptions(sessions, signedActions)),
    guarded("POST", "/api/holds/:id", "hold:answer", answerHold(sessions, signedActions)),

    guarded("GET", "/api/locks", "signed-in", listLocks(access, plant)),
    guarded("POST", "/api/locks", "lock:set", setLock(access)),
    guarded(
      "POST",
      "/api/locks/:id/lift/options",
      "lock:lift",
      liftLockOptions(access, signedActions),
    ),
    guarded("POST", "/api/locks/:id/lift", "lock:lift", liftLock(access, signedActions)),

    ...responseRoutes(parts),
    ...breakGlassRoutes(parts),
  ];
}

/** What rules did about findings: whoever may freeze a session lets it go on. */
function responseRoutes(parts: ResponsesAsked): readonly Route[] {
  const right = "session:freeze";
  const one = "/api/responses/:id";
  return [
    guarded("GET", "/api/responses", [right, "integration:manage"], listResponses(parts)),
    guarded("POST", `${one}/options`, right, responseOptions(parts)),
    guarded("POST", one, right, answerResponse(parts)),
  ];
}

/** Who may end one is said by who opened and held it: others find nothing there. */
function breakGlassRoutes(parts: SupervisionParts): readonly Route[] {
  const seen = ["break-glass:open", "break-glass:review", "events:view"] as const;
  const concerned = [...seen, "session:open"] as const;
  const one = "/api/break-glass/:id";
  return [
    guarded("GET", "/api/break-glass", seen, listBreakGlass(parts)),
    guarded("POST", "/api/break-glass/options", "break-glass:open", breakGlassOptions(parts)),
    guarded("POST", "/api/break-glass", "break-glass:open", openBreakGlass(parts)),
    guarded("GET", one, seen, showBreakGlass(parts)),
    guarded("POST", `${one}/end`, concerned, endBreakGlass(parts)),
    guarded("POST", `${one}/review/options`, "break-glass:review", reviewOptions(parts)),
    guarded("POST", `${one}/review`, "break-glass:review", reviewBreakGlass(parts)),
  ];
}

/** Whose consent is asked, and who asks: each sees only their own side. */
function consentRoutes(consents: ConsentsAsked["consents"]): readonly Route[] {
  const one = "/api/consents/:id";
  return [
    guarded("POST", "/api/consents", "session:open", askConsent(consents)),
    guarded("GET", one, "session:open", showConsent(consents)),
    guarded("POST", `${one}/withdrawal`, "session:open", withdrawConsent(consents)),
    guarded("GET", "/api/consents", "session:consent", listConsents(consents)),
    guarded("POST", `${one}/options`, "session:consent", consentOptions(consents)),
    guarded("POST", one, "session:consent", answerConsent(consents)),
  ];
}
