/**
 * Where an identity provider sends people back to. What it sent is taken out of the address at once
 * and shown to the broker once; then only the passkey of the person that it named signs in.
 */
import { Anchor, Button, Stack, Text } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import type { ReturnedView } from "../../../broker/api/shapes/providers.ts";
import { api } from "../../components/api.ts";
import { confirmByPasskey } from "../../components/passkey.ts";
import { comeBack, takeReturn } from "../../components/providers.ts";
import { meQuery, queryClient } from "../../components/queries.ts";
import { Loading, ProblemNotice } from "../../components/states.tsx";
import { throughText as words } from "../../text/providers.ts";
import { Door } from "./door.tsx";

/** Of this load of the page: its code works once, however often it is drawn. */
let asked: Promise<ReturnedView> | undefined;

function askOnce(id: string): Promise<ReturnedView> {
  if (asked) return asked;
  const { search, pathname } = window.location;
  window.history.replaceState(window.history.state, "", pathname);
  asked = comeBack(id, search.slice(1));
  return asked;
}

export function ThroughPage() {
  const { id = "" } = useParams();
  const [returned, setReturned] = useState<ReturnedView>();
  const [thrown, setThrown] = useState<unknown>();
  useEffect(() => {
    askOnce(id).then(setReturned, setThrown);
  }, [id]);

  if (thrown !== undefined)
    return (
      <Door title={words.cameBack}>
        <ProblemNotice thrown={thrown} title={words.failed} />
        <BackToSignIn />
      </Door>
    );
  if (returned === undefined)
    return (
      <Door title={words.cameBack}>
        <Text size="sm">{words.asking}</Text>
        <Loading rows={2} />
      </Door>
    );
  if (returned.kind === "linked")
    return (
      <Door title={words.linkedTitle}>
        <Stack gap="sm">
          <Text size="sm">{words.linked(returned.provider)}</Text>
          <Button component={Link} to="/account" fullWidth>
            {words.goOn}
          </Button>
        </Stack>
      </Door>
    );
  return (
    <Door title={words.cameBack}>
      <Expected provider={returned.provider} name={returned.name} />
    </Door>
  );
}

function Expected({ provider, name }: { readonly provider: string; readonly name: string }) {
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();

  async function confirm() {
    setBusy(true);
    setThrown(undefined);
    try {
      const { options } = await api.signInOptions();
      const response = await confirmByPasskey(options);
      const me = await api.signIn(response, options.challenge, "provider");
      queryClient.clear();
      queryClient.setQueryData(meQuery.queryKey, me);
      void navigate(takeReturn(), { replace: true });
    } catch (failure) {
      setThrown(failure);
      setBusy(false);
    }
  }

  return (
    <Stack gap="sm">
      <Text size="sm">
        <strong className="sp-strong">{words.expected(provider, name)}</strong>
      </Text>
      <Text size="sm">{words.now}</Text>
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
      <Button
        loading={busy}
        leftSection={<IconKey size={16} />}
        fullWidth
        onClick={() => void confirm()}
      >
        {words.confirm}
      </Button>
      <BackToSignIn />
    </Stack>
  );
}

function BackToSignIn() {
  return (
    <Anchor component={Link} to="/sign-in" size="sm" mt="sm">
      {words.again}
    </Anchor>
  );
}
