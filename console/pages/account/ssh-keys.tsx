/** The keys of one's own SSH clients: listed, added by one touch, removed. */
import { Button, Group, Text, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { SshKeyView } from "../../../broker/api/shapes/ssh-keys.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Copyable } from "../../components/copyable.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { addSshKey, removeSshKey, sshKeysQuery } from "../../components/ssh-keys.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { LocalTime, RelativeTime } from "../../components/time.tsx";
import { sshKeyText as words } from "../../text/ssh-keys.ts";

export function SshKeys() {
  const query = useQuery(sshKeysQuery);
  const [removing, setRemoving] = useState<SshKeyView | null>(null);
  const columns = useMemo(() => columnsOf(setRemoving), []);
  return (
    <>
      <Text size="sm" mb={6}>
        {words.explain}
      </Text>
      <QueryView query={query} failed={words.failed}>
        {(keys) => (
          <>
            {keys.length > 0 && (
              <DataTable
                label={words.label}
                rows={keys}
                columns={columns}
                rowKey={(key) => key.id}
                initialSort={{ column: "added", descending: false }}
              />
            )}
            <AddKey key={keys.length} />
          </>
        )}
      </QueryView>
      {removing && (
        <ConfirmDialog
          opened
          onClose={() => setRemoving(null)}
          title={words.removeTitle(removing.label)}
          action={words.removeAction}
          harmful
          onConfirm={() => removeSshKey(removing.id)}
        >
          {words.removeExplain}
        </ConfirmDialog>
      )}
    </>
  );
}

function columnsOf(onRemove: (key: SshKeyView) => void): Column<SshKeyView>[] {
  return [
    {
      key: "name",
      title: words.name,
      sortBy: (key) => key.label,
      cell: (key) => <strong className="sp-strong">{key.label}</strong>,
    },
    {
      key: "fingerprint",
      title: words.fingerprint,
      cell: (key) => <Copyable value={key.fingerprint} what={words.fingerprint} shown={22} />,
      wide: true,
    },
    {
      key: "added",
      title: words.added,
      sortBy: (key) => key.addedMs,
      cell: (key) => <LocalTime atMs={key.addedMs} />,
    },
    {
      key: "used",
      title: words.used,
      sortBy: (key) => key.usedMs,
      cell: (key) => (key.usedMs === null ? words.never : <RelativeTime atMs={key.usedMs} />),
    },
    {
      key: "actions",
      title: "",
      cell: (key) => (
        <div className="sp-row-actions">
          <Button
            size="compact-sm"
            variant="default"
            aria-label={words.removeNamed(key.label)}
            onClick={() => onRemove(key)}
          >
            {words.remove}
          </Button>
        </div>
      ),
    },
  ];
}

/** A new, empty form after each key that was added. */
function AddKey() {
  const [label, setLabel] = useState("");
  const [publicKey, setPublicKey] = useState("");
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  const ready = label.trim() !== "" && publicKey.trim() !== "";

  async function add() {
    setBusy(true);
    setThrown(undefined);
    try {
      await addSshKey(label.trim(), publicKey);
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      className="sp-account-add"
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && !busy) void add();
      }}
    >
      <TextInput
        label={words.nameField}
        placeholder={words.nameExample}
        maxLength={60}
        value={label}
        onChange={(event) => setLabel(event.currentTarget.value)}
      />
      <Textarea
        label={words.keyField}
        description={words.keyAdvice}
        rows={3}
        spellCheck={false}
        value={publicKey}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        onChange={(event) => setPublicKey(event.currentTarget.value)}
      />
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.notAdded} />}
      <Group>
        <Button type="submit" variant="default" loading={busy} disabled={!ready}>
          {words.add}
        </Button>
      </Group>
    </form>
  );
}
