/** An administrator links a person's account at an identity provider, or unlinks it, by one touch. */
import { Button, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { PersonView } from "../../../broker/api/shapes/people.ts";
import type { AccountsView } from "../../../broker/api/shapes/providers.ts";
import { AccountTable } from "../../components/account-table.tsx";
import { accountsQuery, changeAccount } from "../../components/providers.ts";
import { QueryView } from "../../components/query-view.tsx";
import { ProblemNotice } from "../../components/states.tsx";
import { accountsText as words } from "../../text/providers.ts";

interface AccountsDialogProps {
  readonly person: PersonView;
  readonly onClose: () => void;
}

type Change = Parameters<typeof changeAccount>;

export function AccountsDialog({ person, onClose }: AccountsDialogProps) {
  const query = useQuery(accountsQuery(person.id));
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();

  async function change(act: Change[1], account: Change[2]) {
    setBusy(true);
    setThrown(undefined);
    try {
      await changeAccount(person.id, act, account);
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal opened onClose={onClose} title={words.personTitle(person.name)} size="lg">
      <Stack gap="sm">
        <Text size="sm">{words.personExplain}</Text>
        {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.notLinked} />}
        <QueryView query={query} failed={words.failed}>
          {({ accounts, providers }) => (
            <>
              <AccountTable
                accounts={accounts}
                onUnlink={(account) => void change("unlink-account", account)}
              />
              <LinkForm
                key={accounts.length}
                providers={providers}
                busy={busy}
                onLink={(account) => void change("link-account", account)}
              />
            </>
          )}
        </QueryView>
      </Stack>
    </Modal>
  );
}

interface LinkFormProps extends Pick<AccountsView, "providers"> {
  readonly busy: boolean;
  readonly onLink: (account: Change[2]) => void;
}

function LinkForm({ providers, busy, onLink }: LinkFormProps) {
  const [issuer, setIssuer] = useState(providers[0]?.issuer ?? null);
  const [subject, setSubject] = useState("");
  const ready = issuer !== null && subject.trim() !== "";
  return (
    <form
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && !busy) onLink({ issuer, subject: subject.trim() });
      }}
    >
      <Group align="flex-end" gap="xs">
        <Select
          label={words.provider}
          data={providers.map(({ issuer: value, name: label }) => ({ value, label }))}
          value={issuer}
          onChange={setIssuer}
          allowDeselect={false}
          style={{ flex: "1 1 140px" }}
        />
        <TextInput
          label={words.subjectField}
          value={subject}
          maxLength={255}
          spellCheck={false}
          style={{ flex: "2 1 220px" }}
          onChange={(event) => setSubject(event.currentTarget.value)}
        />
        <Button type="submit" loading={busy} disabled={!ready}>
          {words.add}
        </Button>
      </Group>
    </form>
  );
}
