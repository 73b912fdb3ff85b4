import { type ResponseDesk, ResponseRefused } from "../../risk/response-desk.ts";
import { type Call, endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { type ResponseAnswerBody, responseAnswerSchema } from "../shapes/responses.ts";
import { signedAnswer } from "../signed-action.ts";
import type { ResponsesAsked } from "./list-responses.ts";

export function responseOptions(asked: ResponsesAsked) {
  return endpoint({
    summary: "What to sign with a passkey to let sessions go on that a rule stopped, or end them",
    params: idParameter,
    body: responseAnswerSchema,
    answer: actionToSignSchema,
    handle: async (call) => {
      const { text, options } = await told(
        deskFor(asked, call).options(call.me, call.params.id, call.body),
      );
      return { text, options: { ...options } };
    },
  });
}

export function answerResponse(asked: ResponsesAsked) {
  return endpoint({
    summary: "Let exactly those sessions go on that were signed for, or end them",
    params: idParameter,
    body: signedAnswer.extend(responseAnswerSchema.shape),
    handle: (call) => told(deskFor(asked, call).answer(call.me, call.params.id, call.body)),
  });
}

type Asked = Pick<
  Call<{ readonly id: string }, unknown, ResponseAnswerBody>,
  "params" | "body" | "mayAt"
>;

function deskFor({ responses }: ResponsesAsked, { params, body, mayAt }: Asked): ResponseDesk {
  if (!responses) throw notFound();
  const asset = responses.list().find(({ id }) => id === params.id)?.asset.id;
  if (asset !== undefined && !mayAt("session:freeze", asset)) throw notFound();
  if (body.answer !== "end" || asset === undefined || mayAt("session:end", asset)) return responses;
  throw new ApiRefused(403, "not-allowed", "You may let it go on; to end it takes another right.");
}

/** What the desk refuses, in words for a person. */
async function told<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ResponseRefused) throw refusalOf(error);
    throw error;
  }
}

function refusalOf({ code }: ResponseRefused): ApiRefused {
  const [status, known, text] = REFUSALS[code];
  return new ApiRefused(status, known, text);
}

const REFUSALS = {
  "not-found": [409, "too-late", "This was answered, or its time was over, before you."],
  own: [403, "not-allowed", "It is about your own session: somebody else answers."],
  changed: [409, "changed", "This has changed since you looked at it. Look again, then decide."],
} as const;
