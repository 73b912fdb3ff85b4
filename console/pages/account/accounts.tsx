/** One's own accounts at identity providers: linked by going there, unlinked here. */
import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { AccountsView, AccountView } from "../../../broker/api/shapes/providers.ts";
import { AccountTable } from "../../components/account-table.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { linkOwn, ownAccountsQuery, unlinkOwn } from "../../components/providers.ts";
import { QueryView } from "../../components/query-view.tsx";
import { ProblemNotice } from "../../components/states.tsx";
import { accountsText as words } from "../../text/providers.ts";

export function Accounts() {
  const query = useQuery(ownAccountsQuery);
  const [removing, setRemoving] = useState<AccountView | null>(null);
  return (
    <>
      <Text size="sm" mb={6}>
        {words.explain}
      </Text>
      <QueryView query={query} failed={words.failed}>
        {({ accounts, providers }) => (
          <>
            <AccountTable accounts={accounts} onUnlink={setRemoving} />
            <Linking providers={providers} />
          </>
        )}
      </QueryView>
      {removing && (
        <ConfirmDialog
          opened
          onClose={() => setRemoving(null)}
          title={words.unlinkTitle(removing.provider)}
          action={words.unlink}
          harmful
          onConfirm={() => unlinkOwn(removing)}
        >
          {words.unlinkExplain}
        </ConfirmDialog>
      )}
    </>
  );
}

function Linking({ providers }: Pick<AccountsView, "providers">) {
  const [busy, setBusy] = useState<string | null>(null);
  const [thrown, setThrown] = useState<unknown>();

  async function go(id: string) {
    setBusy(id);
    setThrown(undefined);
    try {
      await linkOwn(id);
    } catch (failure) {
      setThrown(failure);
      setBusy(null);
    }
  }

  return (
    <>
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.notLinked} />}
      <Group mt="xs" gap="xs">
        {providers.map(({ id, name }) => (
          <Button
            key={id}
            variant="default"
            loading={busy === id}
            disabled={busy !== null}
            onClick={() => void go(id)}
          >
            {words.link(name)}
          </Button>
        ))}
      </Group>
    </>
  );
}
