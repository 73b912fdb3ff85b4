/** Of one endpoint: whether the broker can sign in to it, for those who look after that. */
import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { credentialsQuery, removeCredential } from "../../components/credentials.ts";
import { useRight } from "../../components/me.ts";
import { RelativeTime } from "../../components/time.tsx";
import { credentialText as words } from "../../text/credentials.ts";
import { CredentialDialog } from "./credential-dialog.tsx";

interface CredentialFactProps {
  readonly endpoint: string;
  /** There are screens, servers and pages that let anybody in. */
  readonly asksAlways: boolean;
}

export function CredentialFact({ endpoint, asksAlways }: CredentialFactProps) {
  const maySet = useRight("credential:set");
  const query = useQuery({ ...credentialsQuery, enabled: maySet });
  const [doing, setDoing] = useState<"set" | "remove" | undefined>();
  if (!maySet) return null;
  const known = query.data?.find((each) => each.endpoint === endpoint);
  const close = () => setDoing(undefined);
  return (
    <>
      <dt>{words.fact}</dt>
      <dd>
        {query.isError && <Text size="sm">{words.failed}</Text>}
        {query.data && !known && <Text size="sm">{words.none(asksAlways)}</Text>}
        {known && (
          <>
            {words.set(known.kind, known.user)}
            <div className="sp-dim">
              {words.setBy(known.setBy)} <RelativeTime atMs={known.setMs} />
            </div>
          </>
        )}
        {query.data && (
          <Group gap={6} mt={4}>
            <Button variant="default" size="compact-xs" onClick={() => setDoing("set")}>
              {known ? words.change : words.setNow}
            </Button>
            {known && (
              <Button variant="default" size="compact-xs" onClick={() => setDoing("remove")}>
                {words.remove}
              </Button>
            )}
          </Group>
        )}
        <CredentialDialog
          endpoint={endpoint}
          user={known?.user ?? ""}
          opened={doing === "set"}
          onClose={close}
        />
        <ConfirmDialog
          opened={doing === "remove"}
          onClose={close}
          title={words.removeTitle}
          action={words.remove}
          harmful
          onConfirm={() => removeCredential(endpoint)}
        >
          {words.removeBody(asksAlways)}
        </ConfirmDialog>
      </dd>
    </>
  );
}
