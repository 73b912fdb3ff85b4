/** Opens a session by one way in; where its grant says so, the control room is asked first. */
import { useState } from "react";
import { useNavigate } from "react-router";
import type { ConsentView } from "../../../broker/api/shapes/consents.ts";
import { api } from "../../components/api.ts";
import { askConsent } from "../../components/consents.ts";
import { queryClient } from "../../components/queries.ts";
import { withFreshAssertion } from "../../components/step-up.ts";
import type { Way } from "./access.ts";

export interface Opening {
  open(way: Way): void;
  readonly opening: boolean;
  readonly thrown: unknown;
  /** Set while the control room is asked. */
  readonly asked: ConsentView | undefined;
  agreed(consent: ConsentView): void;
  giveUp(): void;
}

export function useOpen(): Opening {
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
    const session = await withFreshAssertion(() => api.openSession(endpoint, grant, consent));
    queryClient.setQueryData(["sessions", session.id], session);
    await navigate(`/sessions/${session.id}`);
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
    agreed: (consent) => void attempt(() => begin(consent.endpoint, consent.grant, consent.id)),
    giveUp: () => {
      setAsked(undefined);
      setOpening(false);
    },
  };
}
