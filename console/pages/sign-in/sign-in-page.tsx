import { Button, Stack, Text, TextInput } from "@mantine/core";
import { browserSupportsWebAuthnAutofill } from "@simplewebauthn/browser";
import { IconKey } from "@tabler/icons-react";
import { useCallback, useEffect, useState } from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import type { MeView } from "../../../broker/api/shapes/people.ts";
import { api } from "../../components/api.ts";
import { confirmByPasskey, offerPasskeys, passkeyHurdle } from "../../components/passkey.ts";
import { meQuery, queryClient } from "../../components/queries.ts";
import { returnAddress } from "../../components/return-address.ts";
import { areDraftsSealed } from "../../components/sealed-drafts.ts";
import { takeSignedOutReason } from "../../components/signed-out.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { signInText as words } from "../../text/sign-in.ts";
import { Door } from "./door.tsx";
import { HurdleNotice } from "./hurdle-notice.tsx";
import { ThroughProviders } from "./through-providers.tsx";

export function SignInPage() {
  const [hurdle] = useState(passkeyHurdle);
  return (
    <Door title={words.title}>
      <SignedOutReason />
      <Text size="sm" mb="md">
        {words.lead}
      </Text>
      {hurdle === null ? <WaysIn /> : <HurdleNotice hurdle={hurdle} />}
      <Stack gap={6} className="sp-door-else">
        <Text size="sm" c="dimmed">
          {words.firstTime}
        </Text>
        <Text size="sm" c="dimmed">
          {words.lost}
        </Text>
      </Stack>
    </Door>
  );
}

function WaysIn() {
  const then = useThen();
  return (
    <>
      <SignInForm />
      <ThroughProviders then={then} />
    </>
  );
}

function SignInForm() {
  const entered = useEntered();
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  // A failed or cancelled attempt ends the browser's own offer; counting up makes a new one.
  const [attempt, setAttempt] = useState(0);
  const offered = useOffer(attempt, entered, setThrown);

  async function signIn() {
    setBusy(true);
    setThrown(undefined);
    try {
      const { options } = await api.signInOptions();
      const response = await confirmByPasskey(options);
      entered(await api.signIn(response, options.challenge));
    } catch (failure) {
      setThrown(failure);
      setAttempt((count) => count + 1);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void signIn();
      }}
    >
      <Stack gap="sm">
        {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
        <TextInput
          label={words.field}
          description={words.fieldAdvice}
          type="email"
          autoComplete="username webauthn"
          display={offered ? undefined : "none"}
        />
        <Button type="submit" loading={busy} leftSection={<IconKey size={16} />} fullWidth>
          {words.button}
        </Button>
      </Stack>
    </form>
  );
}

/** What happens once the broker knows who this is. */
function useEntered(): (me: MeView) => void {
  const navigate = useNavigate();
  const then = useThen();
  return useCallback(
    (me) => {
      queryClient.clear();
      queryClient.setQueryData(meQuery.queryKey, me);
      void navigate(then, { replace: true });
    },
    [navigate, then],
  );
}

/** The page that the person came for. */
function useThen(): string {
  const [search] = useSearchParams();
  const { hash } = useLocation();
  return returnAddress(search.get("from"), hash);
}

/** Lets the browser offer passkeys at the e-mail field, where it can. */
function useOffer(
  attempt: number,
  entered: (me: MeView) => void,
  failed: (thrown: unknown) => void,
): boolean {
  const [offered, setOffered] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt needs a new offer
  useEffect(() => {
    let left = false;
    async function offer() {
      if (!(await browserSupportsWebAuthnAutofill()) || left) return;
      setOffered(true);
      const { options } = await api.signInOptions();
      const response = left ? undefined : await offerPasskeys(options);
      if (response === undefined || left) return;
      entered(await api.signIn(response, options.challenge));
    }
    offer().catch((thrown: unknown) => {
      if (!left) failed(thrown);
    });
    return () => {
      left = true;
    };
  }, [attempt, entered, failed]);
  return offered;
}

function SignedOutReason() {
  const [reason] = useState(takeSignedOutReason);
  const [draftWaits] = useState(areDraftsSealed);
  if (reason === null && !draftWaits) return null;
  return (
    <div role="status" className="sp-door-reason">
      <Text size="sm" fw={600}>
        {words.signedOut}
      </Text>
      {reason !== null && <Text size="sm">{reason}</Text>}
      {draftWaits && <Text size="sm">{words.draftWaits}</Text>}
    </div>
  );
}
