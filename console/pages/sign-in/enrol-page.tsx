/**
 * A new person makes a first passkey. The one-time token comes in the fragment of the address, so
 * that no server log and no Referer ever holds it; it is taken out of the address at once.
 */
import { Button, Stack, Text, TextInput } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { AddPasskey } from "../../components/add-passkey.tsx";
import { api } from "../../components/api.ts";
import { makePasskey, passkeyHurdle } from "../../components/passkey.ts";
import { isProblem } from "../../components/problem.ts";
import { meQuery, queryClient } from "../../components/queries.ts";
import { Empty, Loading, ProblemNotice } from "../../components/states.tsx";
import { throughText } from "../../text/providers.ts";
import { enrolText as words } from "../../text/sign-in.ts";
import { Door } from "./door.tsx";
import { HurdleNotice } from "./hurdle-notice.tsx";

type Step = "first" | "second" | "ready";

export function EnrolPage() {
  const [hurdle] = useState(passkeyHurdle);
  const [token] = useState(tokenInAddress);
  const [step, setStep] = useState<Step>("first");
  useEffect(() => {
    // Where passkeys cannot work the person opens the same link elsewhere: leave it to be copied.
    if (hurdle === null) window.history.replaceState(window.history.state, "", "/enrol");
  }, [hurdle]);

  if (hurdle !== null)
    return (
      <Door title={words.title}>
        <HurdleNotice hurdle={hurdle} />
      </Door>
    );
  if (token === null)
    return (
      <Door title={words.title}>
        <Empty title={words.noTokenTitle}>{words.noToken}</Empty>
      </Door>
    );
  if (step === "first") return <FirstPasskey token={token} onDone={() => setStep("second")} />;
  return <SecondPasskey added={step === "ready"} onAdded={() => setStep("ready")} />;
}

interface FirstPasskeyProps {
  readonly token: string;
  readonly onDone: () => void;
}

function FirstPasskey({ token, onDone }: FirstPasskeyProps) {
  const start = useQuery({
    queryKey: ["enrolment", token],
    queryFn: () => api.enrolmentOptions(token),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const name = start.data?.person.name;
  return (
    <Door title={name === undefined ? words.title : words.welcome(name)}>
      {start.error && <ProblemNotice thrown={start.error} title={words.linkFailed} />}
      {start.isPending && <Loading rows={4} />}
      {start.data && <FirstForm token={token} email={start.data.person.email} onDone={onDone} />}
    </Door>
  );
}

function FirstForm({ token, email, onDone }: FirstPasskeyProps & { readonly email: string }) {
  const [label, setLabel] = useState(guessedLabel);
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();

  async function enrol() {
    setBusy(true);
    setThrown(undefined);
    try {
      // Asked anew for each attempt: a challenge works once and only for minutes.
      const { options } = await api.enrolmentOptions(token);
      const response = await makePasskey(options);
      const me = await api.enrol(token, label.trim(), response, options.challenge);
      queryClient.clear();
      queryClient.setQueryData(meQuery.queryKey, me);
      onDone();
    } catch (failure) {
      setThrown(failure);
      setBusy(false);
    }
  }

  if (isProblem(thrown, "provider-required")) return <SignInNext />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void enrol();
      }}
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {email}
        </Text>
        <Text size="sm">{words.lead}</Text>
        {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
        <TextInput
          label={words.label}
          description={words.labelAdvice}
          value={label}
          maxLength={words.labelLengthMax}
          error={label.trim() === "" ? words.labelRequired : null}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
        <Button
          type="submit"
          loading={busy}
          disabled={label.trim() === ""}
          leftSection={<IconKey size={16} />}
          fullWidth
        >
          {words.button}
        </Button>
      </Stack>
    </form>
  );
}

/** The passkey is made; the site asks for an identity provider as well. */
function SignInNext() {
  return (
    <Stack gap="sm">
      <Text size="sm">{throughText.enrolled}</Text>
      <Button component={Link} to="/sign-in" fullWidth>
        {throughText.signIn}
      </Button>
    </Stack>
  );
}

interface SecondPasskeyProps {
  readonly added: boolean;
  readonly onAdded: () => void;
}

function SecondPasskey({ added, onAdded }: SecondPasskeyProps) {
  return (
    <Door title={words.doneTitle}>
      <Stack gap="sm">
        <Text size="sm">{added ? words.secondDone : words.done}</Text>
        {!added && (
          <>
            <Text size="sm">{words.second}</Text>
            <AddPasskey
              initialLabel={words.secondLabel}
              action={words.addSecond}
              failed={words.failed}
              onAdded={onAdded}
            />
          </>
        )}
        <Button component={Link} to="/" fullWidth mt="sm">
          {words.goOn}
        </Button>
      </Stack>
    </Door>
  );
}

function tokenInAddress(): string | null {
  return new URLSearchParams(window.location.hash.slice(1)).get("token");
}

/** Something to change rather than an empty field; browsers tell little about the device, and that is well. */
function guessedLabel(): string {
  const platform = /Windows|Mac|Linux|Android|iPhone|iPad/.exec(navigator.userAgent)?.[0];
  return platform === undefined ? words.someDevice : words.thisDevice(platform);
}
