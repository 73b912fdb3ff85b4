/** A question that a rule of the plant file asks about a finding, and its words. */
import type { ActionContent } from "../identity/signed-actions.ts";
import type { ResponseRule } from "../plant/response-model.ts";
import type { Cause, LiveSession } from "../sessions/session.ts";
import { shortId } from "../signals/carry-out.ts";
import { plainText } from "../store/plain-text.ts";

export interface Response {
  readonly id: string;
  readonly rule: ResponseRule;
  readonly person: { readonly id: string; readonly name: string };
  readonly asset: { readonly id: string; readonly name: string };
  /** The finding that asked, by the id of its story. */
  readonly finding: string;
  readonly sentence: string;
  /** The moment: a session, and the record of its tape, if it is about one. */
  readonly session: string;
  readonly sequence: number | undefined;
  readonly askedMs: number;
  /** Wall clock; from then on what the rule says where nobody answers. */
  readonly untilMs: number;
  /** Nobody answered by then, and they stand still until they end. */
  readonly overdue: boolean;
  /** Findings since that asked the same. */
  readonly more: number;
  /** Live ones of the person on the asset, also those that were opened since. */
  readonly sessions: readonly LiveSession[];
}

export interface ResponseAnswer {
  readonly answer: "resume" | "end";
  readonly reason: string;
}

const REASON_MAX = 300;

export function plainAnswer({ answer, reason }: ResponseAnswer): ResponseAnswer {
  return { answer, reason: plainText(reason, REASON_MAX) };
}

/** All that the answer is for. A value that changes here makes the signature worthless. */
export function contentOf(response: Response, { answer, reason }: ResponseAnswer): ActionContent {
  const { id, rule, person, asset, finding, sentence, session, sequence } = response;
  return {
    ...{ answer, reason, response: id, rule: rule.id, finding, sentence, session },
    ...{ sequence: sequence ?? null, person: { ...person }, asset: { ...asset } },
    sessions: response.sessions.map(({ claims }) => claims.session),
    askedMs: response.askedMs,
  };
}

/** Of its own, so that each question is answered for itself. */
export function conditionOf({ id }: Pick<Response, "id">): string {
  return `finding ${shortId(id)}`;
}

export function standsStill({ rule, sentence, untilMs }: Response): Cause {
  const reason = `It is unusual: ${sentence}. Somebody who supervises was asked; ${THEN[rule.unanswered](timeOf(untilMs))}`;
  return { rule: `response ${rule.id}`, reason };
}

/** What happens without an answer, for the person. */
const THEN: Readonly<Record<ResponseRule["unanswered"], (time: string) => string>> = {
  stay: () => "changes pass again once they say so.",
  release: (time) => `changes pass again once they say so, or at ${time}.`,
  end: (time) => `without an answer the session ends at ${time}.`,
};

function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 16)} UTC`;
}

/** For the story of the finding: what was decided. */
export function decidedWords({ rule, untilMs }: Response): string {
  return `it stands still and a supervisor is asked (rule ${rule.id}); ${UNANSWERED[rule.unanswered]} if nobody answers by ${timeOf(untilMs)}`;
}

export const UNANSWERED: Readonly<Record<ResponseRule["unanswered"], string>> = {
  stay: "it stays so until it ends",
  release: "it goes on",
  end: "it ends",
};
