import type { Plant } from "../../plant/model.ts";
import type { Right } from "../../policy/rights.ts";
import type { Response } from "../../risk/response.ts";
import type { ResponseDesk } from "../../risk/response-desk.ts";
import { shortId } from "../../signals/carry-out.ts";
import { type Call, endpoint } from "../endpoint.ts";
import { type ResponseView, responsesSchema } from "../shapes/responses.ts";

export interface ResponsesAsked {
  /** Undefined where nothing is compared. */
  readonly responses: ResponseDesk | undefined;
  readonly plant: { current(): Pick<Plant, "responses"> };
}

export function listResponses({ responses, plant }: ResponsesAsked) {
  return endpoint({
    summary: "Rules that answer findings, and what stands still because of them",
    answer: responsesSchema,
    handle: (call) => ({
      compared: responses !== undefined,
      rules: plant.current().responses.map(({ findings, zone, ...rule }) => ({
        ...{ ...rule, findings: [...findings], zone: zone ?? null },
      })),
      waiting: (responses?.list() ?? [])
        .filter(({ asset }) => SEEING.some((right) => call.mayAt(right, asset.id)))
        .map((each) => viewOf(each, call)),
    }),
  });
}

/** Whoever supervises another site sees no session of this one. */
const SEEING: readonly Right[] = ["session:freeze", "integration:manage"];

type Viewer = Pick<Call<unknown, unknown, unknown>, "me" | "mayAt">;

function viewOf(response: Response, { me, mayAt }: Viewer): ResponseView {
  const { id, rule, person, asset, sentence, finding, session, sequence } = response;
  const { askedMs, untilMs, overdue, more } = response;
  const mayAnswer = person.id !== me.person.id && mayAt("session:freeze", asset.id);
  return {
    ...{ id, rule: rule.id, unanswered: rule.unanswered, sentence, sign: shortId(finding) },
    ...{ person: { ...person }, asset: { ...asset }, session, sequence: sequence ?? null },
    ...{ askedMs, untilMs, overdue, more, mayAnswer },
    mayEnd: mayAnswer && mayAt("session:end", asset.id),
    sessions: response.sessions.map(({ claims }) => claims.session),
  };
}
