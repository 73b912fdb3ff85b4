/** The page on which a person approves that a command on a machine acts for them. */
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import type { TokenWish } from "../../identity/api-tokens.ts";
import type { MachineAsk, MachineAsks } from "../../identity/machine-asks.ts";
import type { ActionContent, SignedActions } from "../../identity/signed-actions.ts";
import { TOKEN_RIGHTS } from "../../identity/token-scope.ts";
import type { Right } from "../../policy/rights.ts";
import type { Person } from "../../store/model.ts";
import type { SiteEvents } from "../../store/site-events.ts";
import { endpoint } from "../endpoint.ts";
import { emptyBody } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { machineAskSchema } from "../shapes/machines.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { sameContent, signedAnswer } from "../signed-action.ts";

export interface MachineGround {
  readonly asks: MachineAsks;
  readonly actions: SignedActions;
  readonly notes: Pick<SiteEvents, "record">;
  readonly clock: Clock;
}

/** The code, as it was typed. */
const params = z.strictObject({ id: z.string().min(1).max(20) });

export function showMachine({ asks }: MachineGround) {
  return endpoint({
    summary: "What a command asks for, for who typed its code",
    params,
    answer: machineAskSchema,
    handle: ({ params: { id: code } }) => {
      const { machine, tool, address, keyThumbprint, ...ask } = askOf(asks, code);
      const { askedMs, untilMs, choices, token } = ask;
      const said = { machine, tool, address, keyThumbprint };
      const wish = token && { token: wishView(token) };
      return { code: ask.code, ...said, askedMs, untilMs, choices: [...choices], ...wish };
    },
  });
}

export function machineOptions({ asks, actions, notes }: MachineGround) {
  return endpoint({
    summary: "What to sign so that the command acts for one; a wrong number ends its asking",
    params,
    body: z.strictObject({
      number: z.number().int().min(0).max(99),
      /** The command runs on the computer that this browser is on: its reports count for both. */
      here: z.boolean().exactOptional(),
    }),
    answer: actionToSignSchema,
    handle: async ({ me, rights, params: { id: code }, body }) => {
      const ask = askOf(asks, code);
      checkWish(ask, rights);
      if (asks.pick(code, body.number) !== "right") {
        await notes.record(eventOf("sign-in:mismatched", ask, me.person));
        const message =
          "That is not the number the command shows: nobody was signed in. Start anew.";
        throw new ApiRefused(409, "changed", message);
      }
      const { text, options } = await actions.options(
        me,
        "machine",
        contentOf(ask, body.here === true),
      );
      return { text, options: { ...options } };
    },
  });
}

export function approveMachine({ asks, actions, clock }: MachineGround) {
  return endpoint({
    summary: "Let the command act for one, by a signed act",
    params,
    body: signedAnswer,
    handle: async ({ me, rights, params: { id: code }, body }) => {
      const { content, action } = await actions.prove(me, "machine", body);
      checkWish(askOf(asks, code), rights);
      const here = content.here === true;
      sameContent(content, contentOf(askOf(asks, code), here));
      const { passkeyId } = action;
      const { deviceId, provider } = me.signIn;
      const approval = {
        ...{ personId: me.person.id, passkeyId, atMs: clock.wallMs() },
        ...(here && deviceId !== undefined && { browserId: deviceId }),
        ...(provider && { provider }),
      };
      if (!asks.approve(code, approval)) throw notFound();
    },
  });
}

export function refuseMachine({ asks, notes }: MachineGround) {
  return endpoint({
    summary: "Refuse what a command asks for",
    params,
    body: emptyBody,
    handle: async ({ me, params: { id: code } }) => {
      const ask = asks.refuse(code);
      if (!ask) throw notFound();
      await notes.record(eventOf("sign-in:denied", ask, me.person));
    },
  });
}

function askOf(asks: MachineAsks, code: string): MachineAsk {
  const ask = asks.find(code);
  if (!ask) throw notFound();
  return ask;
}

function contentOf(
  { id, machine, tool, address, keyThumbprint, number, token }: MachineAsk,
  here: boolean,
): ActionContent {
  const asked = { machine, tool, address, keyThumbprint, number };
  if (token) return { act: "api-token", ask: id, ...asked, token: wishView(token) };
  return { act: "machine-sign-in", ask: id, ...asked, ...(here && { here }) };
}

/** Nobody gives a program what they do not have; later it has less, if they have less then. */
function checkWish({ token }: MachineAsk, rights: ReadonlySet<Right>): void {
  const missing = token?.rights.filter((right) => !rights.has(right as Right)) ?? [];
  if (missing.length === 0) return;
  const message = `You do not hold ${missing.join(", ")} yourself: ask for a token without it.`;
  throw new ApiRefused(403, "rights-missing", message);
}

function wishView({ name, rights, assets, lifeMs, bound }: TokenWish) {
  return {
    ...{ name, rights: TOKEN_RIGHTS.filter((each) => rights.includes(each)), lifeMs, bound },
    ...(assets && { assets: [...assets] }),
  };
}

function eventOf(
  kind: "sign-in:mismatched" | "sign-in:denied",
  { machine, address }: MachineAsk,
  { id, name }: Person,
) {
  const did =
    kind === "sign-in:denied"
      ? "says that they started nothing"
      : "picked another number than the command shows";
  const text = `${name} ${did}: a command on ${machine} at ${address} asked to act for them.`;
  return { kind, priority: "alarm", text, subject: id, about: { address } } as const;
}
