/** Opens a session by one way in; where its grant says so, the control room is asked first. */
import { useState } from "react";
import { useNavigate } from "react-router";
import type { ConsentView } from "../../../broker/api/shapes/consents.ts";
import type { LiveSessionView } from "../../../broker/api/shapes/sessions.ts";
import { api } from "../../components/api.ts";
import { askConsent } from "../../components/consents.ts";
import { queryClient } from "../../components/queries.ts";
import { withFreshAssertion } from "../../components/step-up.ts";
import type { Way } from "./access.ts";

export interface Opening {
  open(way: Way): void;
  /** As one visit. None of them needs a consent. */
  openAll(ways: readonly Way[]): void;
  readonly opening: boolean;
  readonly thrown: unknown;
  /** Set while the control room is asked. */
  readonly asked: ConsentView | undefined;
  agreed(consent: ConsentView): void;
  giveUp(): void;
}

/** @param beside a live session on the same asset, whose visit it joins */
export function useOpen(beside?: string): Opening {
  const navigate = useNavigate();
  const [opening, setOpening] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  const [asked, setAsked] = useState<ConsentView>();

  async function attempt(act: () => Promise<void>) {
    setOpening(true);
    setThrown(undefined);
    try {
      await act();
    } catch (failure) {
      setThrown(failure);
      setAsked(undefined);
      setOpening(false);
    }
  }
  async function begin(endpoint: string, grant: string, consent?: string) {
    const asked = { endpoint, grant, ...(consent && { consent }), ...(beside && { beside }) };
    const session = await withFreshAssertion(() => api.openSession(asked));
    await show(session);
  }
  async function show(session: LiveSessionView) {
    queryClient.setQueryData(["sessions", session.id], session);
    await queryClient.invalidateQueries({ queryKey: ["sessions"], exact: true });
    setOpening(false);
    await navigate(`/sessions/${session.id}`, { replace: beside !== undefined });
  }
  /** The others beside the first; one that cannot be opened now is left for later. */
  async function beginAll([first, ...others]: readonly Way[]) {
    if (!first) return;
    const { endpoint, grant } = first;
    const session = await withFreshAssertion(() =>
      api.openSession({ endpoint: endpoint.id, grant: grant.id }),
    );
    for (const each of others) {
      const asked = { endpoint: each.endpoint.id, grant: each.grant.id, beside: session.id };
      await api.openSession(asked).catch(() => undefined);
    }
    await show(session);
  }
  async function ask(endpoint: string, grant: string) {
    setAsked(await withFreshAssertion(() => askConsent(endpoint, grant)));
  }
  return {
    ...{ opening, thrown, asked },
    open: ({ endpoint, grant }) =>
      void attempt(() =>
        grant.needs.consent ? ask(endpoint.id, grant.id) : begin(endpoint.id, grant.id),
      ),
    openAll: (ways) => void attempt(() => beginAll(ways)),
    agreed: (consent) => void attempt(() => begin(consent.endpoint, consent.grant, consent.id)),
    giveUp: () => {
      setAsked(undefined);
      setOpening(false);
    },
  };
}
