/** The buttons of the identity providers on the sign-in page; nothing where there is none. */
import { Button, Divider, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { goThrough, providersQuery } from "../../components/providers.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { throughText as words } from "../../text/providers.ts";

/** @param then where to go once signed in */
export function ThroughProviders({ then }: { readonly then: string }) {
  const { data } = useQuery(providersQuery);
  const [busy, setBusy] = useState<string | null>(null);
  const [thrown, setThrown] = useState<unknown>();
  if (!data || data.providers.length === 0) return null;

  async function go(id: string) {
    setBusy(id);
    setThrown(undefined);
    try {
      await goThrough(id, then);
    } catch (failure) {
      setThrown(failure);
      setBusy(null);
    }
  }

  return (
    <Stack gap="xs" mt="sm">
      <Divider label={words.or} />
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
      {data.providers.map(({ id, name }) => (
        <Button
          key={id}
          variant="default"
          fullWidth
          loading={busy === id}
          disabled={busy !== null}
          onClick={() => void go(id)}
        >
          {words.button(name)}
        </Button>
      ))}
      <Text size="sm" c="dimmed">
        {data.required ? words.required : words.advice}
      </Text>
    </Stack>
  );
}
